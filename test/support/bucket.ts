// A real S3 server in this process, with one bucket in a temporary folder: for tests of files in a bucket.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from './after-all.ts';

type S3Server = {
  readonly httpServer: Server;
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
};
type S3ServerClass = new (options: object) => S3Server;

// It has no types.
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as S3ServerClass;

export type TestBucket = Awaited<ReturnType<typeof startBucket>>;

/** The only keys that the server knows. */
const KEY = 'S3RVER';

/** Starts the server; it stops after all tests. */
export async function startBucket() {
  const directory = mkdtempSync(join(tmpdir(), 'parley-bucket-'));
  const name = 'parley-files';
  const options = { address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name }] };
  let server = new S3rver({ ...options, port: 0 });
  const { port } = await server.run();
  const stop = async () => {
    server.httpServer.closeAllConnections();
    await server.close();
  };
  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    stop,
    /** Starts it again after a stop, at the same address. */
    async start() {
      server = new S3rver({ ...options, port });
      await server.run();
    },
    name,
    endpoint,
    /** The settings of a server that uses the bucket. */
    settings: {
      PARLEY_FILES_BUCKET: name,
      PARLEY_FILES_ENDPOINT: endpoint,
      PARLEY_FILES_ACCESS_KEY: KEY,
      PARLEY_FILES_SECRET_KEY: KEY,
    },
    /** The names of the objects in the bucket. */
    objects: (): readonly string[] =>
      readdirSync(join(directory, name), { recursive: true, encoding: 'utf8' })
        .filter((one) => one.endsWith('._S3rver_object'))
        .map((one) => one.replace('._S3rver_object', '')),
  };
}
