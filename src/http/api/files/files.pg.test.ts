// Uploads and the links by which files are served, over a real socket and with real folders.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { afterAll } from '../../../../test/support/after-all.ts';
import { addWorkspace, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';
import { openLog } from '../../../base/log.ts';
import { openPool } from '../../../database/pool.ts';
import { openFolderStore } from '../../../files/folder-store.ts';
import { OldFiles } from '../../../jobs/old-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-uploads-'));
afterAll(async () => rmSync(folder, { recursive: true, force: true }));
const FILE_BYTES_MAX = 300_000;
const { url, token, database, call } = await startTestParley({
  PARLEY_FILES_DIR: folder,
  PARLEY_FILES_SIZE: String(FILE_BYTES_MAX),
  PARLEY_FILES_QUOTA: '5000000',
  PARLEY_FILES_TYPES: 'image/*,text/plain,application/octet-stream,application/pdf',
});
const other = await addWorkspace(database, 'other');
const enginePool = openPool(database.target, 'engine', { max: 2, onError: () => {} });
afterAll(() => enginePool.end());
const store = openFolderStore(folder);
const cleaner = new OldFiles({
  pool: enginePool,
  log: openLog('silent'),
  stores: new Map([['folder', store]]),
});

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The files in the folder of the store, by their path. */
const onDisk = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );

type Uploaded = { readonly id: string; readonly url: string; readonly [key: string]: unknown };

async function send(form: FormData, authorization = `Bearer ${token}`) {
  const response = await fetch(`${url}/parley/v1/uploads`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as never };
}

const formOf = (bytes: Buffer, name: string, type = 'application/octet-stream'): FormData => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)], { type }), name);
  return form;
};

async function upload(
  bytes: Buffer,
  name = 'picture.png',
  authorization?: string,
): Promise<Uploaded> {
  const { status, body } = await send(formOf(bytes, name), authorization);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

const errorOf = ({ body }: { body: { errors: readonly { message: string }[] } }): string =>
  body.errors[0]!.message;

test('uploads: store a file and serve it by its signed link', async () => {
  const stored = await upload(png, 'Grüße "1".png');
  assert.deepEqual(
    { ...stored, id: '', url: '' },
    {
      ...{ type: 'upload', id: '', name: 'Grüße "1".png', url: '', content_type: 'image/png' },
      ...{ filesize: png.length, width: null, height: null, state: 'stored' },
    },
  );
  const response = await fetch(stored.url);
  assert.equal(response.status, 200);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), png);
  const header = (name: string) => response.headers.get(name);
  assert.equal(header('content-type'), 'image/png');
  assert.equal(
    header('content-disposition'),
    `inline; filename="Gr__e _1_.png"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.png`,
  );
  assert.equal(header('x-content-type-options'), 'nosniff');
  assert.match(header('content-security-policy')!, /sandbox/);
  assert.equal(header('etag'), `"${createHash('sha256').update(png).digest('hex')}"`);
});

test('files: an HTML page named as a picture is a download of plain text', async () => {
  const page = Buffer.from('<html><script>alert(1)</script></html>');
  const { status, body } = await send(formOf(page, 'cat.png', 'image/png'));
  assert.equal(status, 200);
  const response = await fetch((body as Uploaded).url);
  assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(response.headers.get('content-disposition')!, /^attachment/);
  await response.arrayBuffer();
});

test('files: serve ranges, not-modified and HEAD', async () => {
  const bytes = Buffer.from('0123456789');
  const { url: link } = await upload(bytes, 'digits.txt');
  const get = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(link, { method, headers });
    const { status } = response;
    const length = response.headers.get('content-length');
    const range = response.headers.get('content-range');
    return { status, length, range, text: await response.text() };
  };
  const part = (status: number, range: string, text: string) => ({
    ...{ status, range, text, length: String(text.length) },
  });
  assert.deepEqual(await get({ range: 'bytes=2-4' }), part(206, 'bytes 2-4/10', '234'));
  assert.deepEqual(await get({ range: 'bytes=7-' }), part(206, 'bytes 7-9/10', '789'));
  assert.deepEqual(await get({ range: 'bytes=-3' }), part(206, 'bytes 7-9/10', '789'));
  assert.deepEqual(await get({ range: 'bytes=5-99' }), part(206, 'bytes 5-9/10', '56789'));
  assert.equal((await get({ range: 'bytes=10-' })).status, 416);
  assert.equal((await get({ range: 'bytes=-0' })).status, 416);
  for (const range of ['bytes=1-2,4-5', 'bytes=4-2', 'lines=1-2', 'bytes=-', 'bytes=1e9-']) {
    assert.equal((await get({ range })).text, '0123456789', range);
  }
  assert.equal((await get({ range: 'bytes=1-2', 'if-range': '"old"' })).status, 200);
  const etag = (await fetch(link)).headers.get('etag')!;
  assert.equal((await get({ 'if-none-match': `"other", W/${etag}` })).status, 304);
  const head = await get({}, 'HEAD');
  assert.deepEqual(head, { status: 200, length: '10', range: null, text: '' });
});

test('files: only an unchanged link that has not expired leads to one', async () => {
  const stored = await upload(png);
  const link = new URL(stored.url);
  const theirs = await upload(png, 'theirs.png', `Bearer ${other.token}`);
  const status = async (change: (changed: URL) => void) => {
    const changed = new URL(link);
    change(changed);
    return (await fetch(changed)).status;
  };
  assert.equal(await status(() => {}), 200);
  const set = (name: string, value: string) => (one: URL) => one.searchParams.set(name, value);
  assert.equal(await status(set('expires', String(Date.now()))), 403);
  assert.equal(await status(set('expires', '1')), 403);
  assert.equal(await status(set('expires', '1e12')), 403);
  assert.equal(await status(set('signature', '')), 403);
  assert.equal(await status(set('signature', 'ä\u0000')), 403);
  assert.equal(await status((one) => one.searchParams.append('expires', '5')), 403);
  assert.equal(await status((one) => one.searchParams.delete('signature')), 403);
  const moved = (path: string) => (one: URL) => {
    one.pathname = path;
  };
  assert.equal(await status(moved(`/parley/v1/files/${other.workspaceId}/${stored.id}`)), 403);
  assert.equal(await status(moved(`/parley/v1/files/1/${theirs.id}`)), 403);
  for (const id of ['..%2f..%2fsecret.key', '%00', '%ED%A0%80', 'A'.repeat(32), '9'.repeat(400)]) {
    const found = await status(moved(`/parley/v1/files/1/${id}`));
    assert.ok(found === 403 || found === 404, `${id}: ${found}`);
  }
  assert.equal(await status(moved(`/parley/v1/files/99999999999999999999/${stored.id}`)), 403);
});

test('uploads: names keep no folder, no control character and no direction', async () => {
  const names = [
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\cv.pdf', 'cv.pdf'],
    ['..', 'file'],
    ['exe\u202egnp.txt', 'exegnp.txt'],
    ['x'.repeat(400), 'x'.repeat(255)],
  ] as const;
  for (const [given, expected] of names) {
    assert.equal((await upload(png, given))['name'], expected);
  }
});

test('uploads: rejected ones leave nothing behind', async () => {
  const before = onDisk();
  const big = await send(formOf(Buffer.alloc(FILE_BYTES_MAX + 1), 'big.bin'));
  assert.equal(big.status, 413);
  assert.equal(errorOf(big), `A file may have ${FILE_BYTES_MAX} bytes at most`);
  const program = await send(
    formOf(Buffer.concat([Buffer.from('MZ'), Buffer.alloc(600)]), 'a.png'),
  );
  assert.equal(program.status, 422);
  assert.match(errorOf(program), /x-msdownload|not accepted/);
  const two = formOf(png, 'one.png');
  two.append('second', new Blob(['x']), 'two.png');
  assert.equal(errorOf(await send(two)), 'The body has more than one file');
  const none = new FormData();
  none.append('name', 'value');
  assert.equal(errorOf(await send(none)), 'The body has no file');
  const huge = await send(formOf(Buffer.alloc(FILE_BYTES_MAX + 200_000), 'huge.bin'));
  assert.equal(huge.status, 413);
  await cleaner.removeBatch();
  assert.deepEqual(onDisk(), before);
  assert.deepEqual(await database.sql("select from files where state <> 'stored'"), []);
});

test('uploads: malformed bodies get a 4xx', async () => {
  const post = (type: string, body: string) =>
    call('POST', '/parley/v1/uploads', body, { 'content-type': type });
  assert.equal((await post('application/json', '{}')).status, 415);
  assert.equal((await post('multipart/form-data', 'x')).status, 415);
  assert.equal((await call('POST', '/parley/v1/uploads')).status, 415);
  const bodies = [
    '',
    'no boundary',
    '--b\r\n',
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
    '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--\r\n',
    `--b\r\n${'X-Header: y\r\n'.repeat(5_000)}\r\nx\r\n--b--\r\n`,
  ];
  for (const body of bodies) {
    const { status } = await post('multipart/form-data; boundary=b', body);
    assert.equal(status, 400, body.slice(0, 60));
  }
});

test('uploads: one that the client breaks off leaves nothing behind', async () => {
  const before = onDisk();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const head = [
    'POST /parley/v1/uploads HTTP/1.1',
    'Host: parley',
    `Authorization: Bearer ${token}`,
    'Content-Type: multipart/form-data; boundary=b',
    'Content-Length: 200000',
    '',
    '--b',
    'Content-Disposition: form-data; name="file"; filename="half.bin"',
    '',
    '',
  ].join('\r\n');
  socket.write(head + 'x'.repeat(100_000));
  await until('its first bytes are there', () => onDisk().length > before.length);
  socket.destroy();
  await until('its bytes are gone', async () => {
    await cleaner.removeBatch();
    return onDisk().length === before.length;
  });
  await until('its row is gone', async () => {
    await cleaner.removeBatch();
    return (await database.sql("select from files where name = 'half.bin'")).length === 0;
  });
});

test('uploads: an unused one can be fetched for a day, then goes with its bytes', async () => {
  const { id, url: link } = await upload(png, 'unused.png');
  await cleaner.removeBatch();
  assert.equal((await fetch(link)).status, 200);
  const [row] = await database.sql<{ hours: number }>(
    'select extract(epoch from remove_at - now()) / 3600 as hours from files where id = $1',
    [id],
  );
  assert.ok(Number(row!.hours) > 24 && Number(row!.hours) <= 25);
  const usage = async () =>
    (
      await database.sql<{ bytes: number }>('select bytes from file_usage where workspace_id = 1')
    )[0]!.bytes;
  const used = await usage();
  await database.sql('update files set remove_at = now() where id = $1', [id]);
  await cleaner.removeBatch();
  assert.equal((await fetch(link)).status, 404);
  assert.ok(!onDisk().some((name) => name.includes(id)));
  assert.equal(await usage(), used - png.length);
});

test('uploads: a full workspace takes no more, another one does', async () => {
  await database.sql('update file_usage set bytes = bytes + 5000000 where workspace_id = 1');
  try {
    const { status, body } = await send(formOf(png, 'more.png'));
    assert.equal(status, 422, JSON.stringify(body));
    await upload(png, 'theirs.png', `Bearer ${other.token}`);
  } finally {
    await database.sql('update file_usage set bytes = bytes - 5000000 where workspace_id = 1');
  }
});

test('uploads: many at once are all whole', async () => {
  const contents = Array.from({ length: 20 }, (_, index) => Buffer.alloc(50_000, String(index)));
  const all = await Promise.all(contents.map((bytes, index) => upload(bytes, `${index}.txt`)));
  for (const [index, { url: link }] of all.entries()) {
    const bytes = Buffer.from(await (await fetch(link)).arrayBuffer());
    assert.ok(bytes.equals(contents[index]!));
  }
});
