// The stores of files, each by the same tests: a folder, and a bucket on a real S3 server. And what only a bucket can
// suffer: a service that is away, silent or broken, and wrong credentials.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { startBucket } from '../../test/support/bucket.ts';
import { listen } from '../../test/support/listen.ts';
import { type BucketSettings, openBucketStore } from './bucket-store.ts';
import { type FileKey, type FileStore, FileStoreUnavailable } from './file-store.ts';
import { openFolderStore } from './folder-store.ts';

const bucket = await startBucket();
const settings: BucketSettings = {
  bucket: bucket.name,
  endpoint: bucket.endpoint,
  region: 'us-east-1',
  hasPathStyle: true,
  accessKey: 'S3RVER',
  secretKey: 'S3RVER',
};
const stores: readonly FileStore[] = [
  openFolderStore(join(mkdtempSync(join(tmpdir(), 'parley-stores-')), 'files')),
  openBucketStore(settings),
];

let made = 0;
const newKey = (): FileKey => {
  made += 1;
  return { workspaceId: 7, id: made.toString(16).padStart(32, '0') };
};

const piecesOf = (bytes: Buffer): AsyncIterable<Buffer> =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 70_000) }, (_, index) =>
      bytes.subarray(index * 70_000, (index + 1) * 70_000),
    ),
  );

async function readAll(store: FileStore, ...wanted: Parameters<FileStore['read']>) {
  const stream = await store.read(...wanted);
  return stream === null ? null : buffer(stream);
}

for (const store of stores) {
  const name = store.place;

  test(`${name}: gives back what was written, whole and in ranges`, async () => {
    for (const size of [0, 1, 70_000, 9_000_001]) {
      const key = newKey();
      const bytes = Buffer.alloc(size, 'some bytes, ');
      await store.write(key, piecesOf(bytes));
      assert.ok(bytes.equals((await readAll(store, key, null))!), String(size));
      if (size === 0) continue;
      const end = size - 1;
      for (const [start, last] of [
        [0, 0],
        [end, end],
        [0, end],
        [end >> 1, end],
      ] as const) {
        const range = { start, end: last };
        const part = await readAll(store, key, range);
        assert.ok(bytes.subarray(start, last + 1).equals(part!), `${size}: ${start}-${last}`);
      }
    }
  });

  test(`${name}: replaces bytes that an earlier try wrote`, async () => {
    const key = newKey();
    await store.write(key, piecesOf(Buffer.from('the first, longer')));
    await store.write(key, piecesOf(Buffer.from('second')));
    assert.equal(String(await readAll(store, key, null)), 'second');
  });

  test(`${name}: has nothing where nothing was written, and removes that too`, async () => {
    const key = newKey();
    assert.equal(await store.read(key, null), null);
    assert.equal(await store.read(key, { start: 0, end: 3 }), null);
    await store.remove(key);
    await store.write(key, piecesOf(Buffer.from('x')));
    await store.remove(key);
    await store.remove(key);
    assert.equal(await store.read(key, null), null);
  });

  test(`${name}: keeps nothing of bytes that end early`, async () => {
    const key = newKey();
    const failing = async function* () {
      yield Buffer.alloc(200_000, 'x');
      throw new Error('the client left');
    };
    await assert.rejects(store.write(key, failing()), /the client left/);
    assert.equal(await store.read(key, null), null);
  });

  test(`${name}: rejects keys that are not Parley's own`, async () => {
    for (const id of ['../../etc/passwd', 'a'.repeat(31), 'A'.repeat(32), `${'a'.repeat(31)}/`]) {
      await assert.rejects(
        store.write({ workspaceId: 1, id }, piecesOf(Buffer.from('x'))),
        /names no/,
      );
      await assert.rejects(store.read({ workspaceId: 1, id }, null), /names no/);
    }
    await assert.rejects(store.remove({ workspaceId: 0, id: 'a'.repeat(32) }), /names no/);
  });

  test(`${name}: takes many files at once`, async () => {
    const keys = Array.from({ length: 80 }, newKey);
    await Promise.all(keys.map((key) => store.write(key, piecesOf(Buffer.from(key.id)))));
    const found = await Promise.all(keys.map((key) => readAll(store, key, null)));
    assert.deepEqual(
      found.map(String),
      keys.map(({ id }) => id),
    );
  });

  test(`${name}: is in order`, async () => {
    assert.equal(await store.check(), null);
  });
}

const write = (store: FileStore) => store.write(newKey(), piecesOf(Buffer.from('bytes')));

test('bucket: says which credentials are wrong, and never shows them', async () => {
  const secret = 'a-secret-that-must-not-be-shown';
  const wrong = [
    [{ accessKey: 'UNKNOWN', secretKey: secret }, /access key is not known/],
    [{ secretKey: secret }, /secret key does not belong/],
    [{ bucket: 'no-such-bucket' }, /does not exist/],
  ] as const;
  for (const [change, expected] of wrong) {
    const store = openBucketStore({ ...settings, ...change });
    const trouble = await store.check();
    assert.match(trouble!, expected);
    await assert.rejects(write(store), (error: Error) => {
      assert.ok(error instanceof FileStoreUnavailable);
      assert.match(error.message, expected);
      assert.ok(!JSON.stringify([error.message, error.stack, trouble]).includes(secret));
      return true;
    });
  }
});

/** Opens a bucket of a service that behaves as a listener does. */
async function openFaulty(listener: RequestListener): Promise<FileStore> {
  const endpoint = `http://127.0.0.1:${await listen(createServer(listener))}`;
  return openBucketStore({ ...settings, endpoint, silenceMs: 300 });
}

test('bucket: tries again when the service is broken for a moment', async () => {
  let requests = 0;
  const store = await openFaulty((request, response) => {
    requests += 1;
    request.resume().on('end', () => response.writeHead(requests % 3 === 0 ? 200 : 503).end());
  });
  await write(store);
  assert.equal(requests, 3);
  await store.remove(newKey());
  assert.equal(requests, 6);
});

test('bucket: says that a service is broken or away', async () => {
  const broken = await openFaulty((request, response) => {
    request.resume().on('end', () => response.writeHead(500).end('<html>no XML'));
  });
  const cut = await openFaulty(({ socket }) => socket.destroy());
  const silent = await openFaulty(() => {});
  const away = openBucketStore({ ...settings, endpoint: 'http://127.0.0.1:1' });
  for (const store of [broken, cut, silent, away]) {
    for (const work of [
      () => write(store),
      () => store.read(newKey(), null),
      () => store.remove(newKey()),
    ]) {
      await assert.rejects(work, FileStoreUnavailable);
    }
    assert.match((await store.check())!, /the bucket parley-files cannot be used: ./);
  }
});
