// Keeps bytes in an S3-compatible bucket, one object for each file. An object appears with its last byte: a file is
// first written to a temporary file that has no name any more, then sent as one request of known length. So there are
// no parts of uploads that a kill could leave behind.

import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { S3ServiceException } from '@aws-sdk/client-s3';
import { passFaultPoint } from '../base/fault-points.ts';
import {
  type ByteRange,
  type FileKey,
  type FileStore,
  FileStoreUnavailable,
  pathOf,
} from './file-store.ts';

export type BucketSettings = {
  readonly bucket: string;
  /** The URL of the service; absent: Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Whether the bucket's name is in the path and not in the host. */
  readonly hasPathStyle: boolean;
  /** Absent: the environment, files and roles that all tools of Amazon read. */
  readonly accessKey: string | undefined;
  readonly secretKey: string | undefined;
  /** Shorter in tests. */
  readonly silenceMs?: number;
};

const CONNECT_MS = 3_000;
/** How long the service may be silent. Clients wait 20 s, and there are three tries. */
const SILENCE_MS = 5_000;
const TRIES = 3;
const RETRY_MS = 200;

/** Opens the store; loads its client and connects when it is first used. */
export function openBucketStore(settings: BucketSettings): FileStore {
  const { bucket: Bucket } = settings;
  const place = (key: FileKey) => ({ Bucket, Key: pathOf(key).join('/') });
  let loaded: ReturnType<typeof loadClient> | undefined;
  const service = () => (loaded ??= loadClient(settings));
  const run = async <Value>(what: string, work: () => Promise<Value>): Promise<Value> =>
    work().catch((error: unknown) => {
      throw new FileStoreUnavailable(`the bucket ${Bucket} ${what}: ${describe(error)}`);
    });
  return {
    place: 'bucket',
    async write(key, bytes) {
      const spool = await openSpool();
      try {
        const { size, sha256Hex } = await fill(spool, bytes);
        passFaultPoint('before_file_renamed');
        await run('takes no file', () =>
          send(service, { ...place(key), ContentLength: size }, spool, sha256Hex),
        );
      } finally {
        await spool.close();
      }
    },
    async read(key, range) {
      const { client, commands } = await service();
      const wanted = range === null ? {} : { Range: `bytes=${range.start}-${range.end}` };
      return run('gives no file', async () => {
        try {
          const { Body, ContentRange } = await client.send(
            new commands.GetObjectCommand({ ...place(key), ...wanted }),
          );
          const all = Body as Readable;
          return range === null ? all : Readable.from(cut(all, range, ContentRange));
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      });
    },
    async remove(key) {
      const { client, commands } = await service();
      await run('removes no file', () => client.send(new commands.DeleteObjectCommand(place(key))));
    },
    async check() {
      const { client, commands } = await service();
      try {
        // Not there: all that can be wrong shows, and nothing is changed.
        await client.send(new commands.GetObjectCommand({ Bucket, Key: 'parley-check' }));
        return null;
      } catch (error) {
        return isMissing(error) ? null : `the bucket ${Bucket} cannot be used: ${describe(error)}`;
      }
    },
  };
}

/** Loads the client: it is large, and most servers use a folder. */
async function loadClient(settings: BucketSettings) {
  const commands = await import('@aws-sdk/client-s3');
  const { accessKey, secretKey, endpoint, region, hasPathStyle } = settings;
  const { silenceMs: socketTimeout = SILENCE_MS } = settings;
  const client = new commands.S3Client({
    region,
    forcePathStyle: hasPathStyle,
    maxAttempts: TRIES,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKey === undefined || secretKey === undefined
      ? {}
      : { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey } }),
    // Not every service understands more.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would write warnings to standard error.
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout },
  });
  return { client, commands };
}

/** Opens a temporary file without a name, which disappears with its handle, and with a process that is killed. */
async function openSpool(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-upload-'));
  try {
    return await open(join(folder, 'file'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(
  spool: FileHandle,
  bytes: AsyncIterable<Buffer>,
): Promise<{ readonly size: number; readonly sha256Hex: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
    await spool.writeFile(chunk);
  }
  return { size, sha256Hex: hash.digest('hex') };
}

/** Sends the bytes, some times if need be; the client itself cannot repeat a stream. */
async function send(
  service: () => ReturnType<typeof loadClient>,
  object: { readonly Bucket: string; readonly Key: string; readonly ContentLength: number },
  spool: FileHandle,
  sha256Hex: string,
): Promise<void> {
  const { client, commands } = await service();
  for (let tries = 1; ; tries += 1) {
    const Body = Readable.from(chunksOf(spool));
    const command = new commands.PutObjectCommand({ ...object, Body });
    // Part of the signature: the service stores these bytes or none.
    command.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['x-amz-content-sha256'] = sha256Hex;
        return next(args);
      },
      { step: 'build', name: 'contentHash' },
    );
    try {
      await client.send(command);
      return;
    } catch (error) {
      if (tries === TRIES || !mayRetry(error)) throw error;
      await pause(tries * RETRY_MS);
    } finally {
      Body.destroy();
    }
  }
}

const CHUNK_BYTES = 64 * 1024;

async function* chunksOf(spool: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await spool.read({
      buffer: Buffer.allocUnsafe(CHUNK_BYTES),
      position,
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Takes a range out of what a service sent, which may be more than that (RFC 9110, 14.2). */
async function* cut(
  bytes: Readable,
  { start, end }: ByteRange,
  contentRange: string | undefined,
): AsyncGenerator<Buffer> {
  let position = Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? 0);
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    const wanted = chunk.subarray(Math.max(start - position, 0), Math.max(end + 1 - position, 0));
    if (wanted.length > 0) yield wanted;
    position += chunk.length;
    if (position > end) return;
  }
}

const statusOf = (error: unknown): number | undefined =>
  (error as Partial<S3ServiceException>).$metadata?.httpStatusCode;

const isMissing = (error: unknown): boolean => (error as Error).name === 'NoSuchKey';

/** Whether another try may help: the service is busy, or the connection broke. */
const mayRetry = (error: unknown): boolean => (statusOf(error) ?? 503) >= 500;

/** Says what is wrong, without the request, which has credentials in its headers. */
function describe(error: unknown): string {
  const { name, message, code } = error as Error & { readonly code?: string };
  const status = statusOf(error);
  const known = advice[name] ?? (message === '' ? (code ?? name) : message);
  return status === undefined ? known : `${known} (${name}, status ${status})`;
}

const advice: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'the access key is not known there',
  SignatureDoesNotMatch: 'the secret key does not belong to the access key',
  AccessDenied: 'the access key may not do that',
  NoSuchBucket: 'it does not exist',
  CredentialsProviderError: 'there are no credentials',
};
