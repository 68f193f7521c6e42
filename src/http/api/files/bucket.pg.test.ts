// Files in a bucket, through a whole server and a real S3 server: uploads, links, fetches and removals; and the
// responses while the bucket is away.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { runParley } from '../../../../test/cli/run-parley.ts';
import { startBucket } from '../../../../test/support/bucket.ts';
import { listen } from '../../../../test/support/listen.ts';
import { openTestDatabase } from '../../../../test/support/postgres.ts';
import { SECRET_KEY, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';
import { SecretBox } from '../../../base/seal.ts';

const bucket = await startBucket();
const database = await openTestDatabase();
const { url, token, call, notify } = await startTestParley(bucket.settings, database);
const me = (await call('GET', '/me')).body.id as string;
const bytes = Buffer.alloc(300_000, 'content of a file, ');

async function upload() {
  const form = new FormData();
  form.append('file', new Blob([bytes]), 'note.txt');
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/parley/v1/uploads`, { method: 'POST', headers, body: form });
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies without types.
  return { response, body: (await response.json()) as any };
}

const get = async (link: string, headers: Record<string, string> = {}) => {
  const response = await fetch(link, { headers });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
};

test('bucket: keeps files, and serves them by links of Parley', async () => {
  const { response, body } = await upload();
  assert.equal(response.status, 200);
  assert.deepEqual(bucket.objects(), [`1/${body.id.slice(0, 2)}/${body.id}`]);
  assert.ok(body.url.startsWith(url));
  assert.ok((await get(body.url)).bytes.equals(bytes));
  const part = await get(body.url, { range: 'bytes=100-199' });
  assert.equal(part.status, 206);
  assert.ok(part.bytes.equals(bytes.subarray(100, 200)));
  const begun = await notify('new_conversation', {});
  const reply = { message_type: 'comment', type: 'admin', admin_id: me, body: 'See' };
  const path = `/conversations/${begun.body.conversation_id}`;
  await call('POST', `${path}/reply`, { ...reply, upload_ids: [body.id] });
  assert.equal((await call('DELETE', path)).status, 200);
  await until('it is removed from the bucket', () => bucket.objects().length === 0);
  assert.equal((await get(body.url)).status, 404);
});

test('bucket: is what doctor checks, and config shows without its secret', async () => {
  const settings = {
    ...bucket.settings,
    ...{ PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY },
  };
  const check = async (changed: Record<string, string>) => {
    const ran = await runParley(['doctor', '--json'], { settings: { ...settings, ...changed } });
    const { checks } = JSON.parse(ran.out) as { checks: { name: string; status: string }[] };
    return checks.find(({ name }) => name === 'files')!;
  };
  assert.match(JSON.stringify(await check({})), /"ok".*in the bucket parley-files of http/);
  const secret = 'wrong_secret_of_the_bucket';
  const wrong = JSON.stringify(await check({ PARLEY_FILES_SECRET_KEY: secret }));
  assert.match(wrong, /"fail".*secret key does not belong/);
  const config = await runParley(['config'], {
    settings: { ...settings, PARLEY_FILES_SECRET_KEY: secret },
  });
  assert.match(config.out, /PARLEY_FILES_SECRET_KEY +\*{8}/);
  assert.ok(!`${wrong}${config.out}`.includes(secret));
  const alone = await runParley(['doctor', '--json'], {
    settings: { PARLEY_FILES_ACCESS_KEY: 'alone' },
  });
  assert.match(alone.out, /must be set together/);
});

test('doctor: fails if files are in a bucket that no setting names', async () => {
  await upload();
  const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };
  const ran = await runParley(['doctor', '--json'], { settings });
  assert.match(ran.out, /"stored files","status":"fail","message":"some are in a bucket/);
  assert.equal(ran.code, 1);
});

test('bucket: while it is away, requests get 503 and fetches wait', async () => {
  const kept = (await upload()).body;
  const origin = createServer((_incoming, response) => response.end(bytes));
  const address = `http://127.0.0.1:${await listen(origin)}/fetched.txt`;
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  await database.sql(
    `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed, allowed_cidrs)
     values (1, 1, null, $1, '{127.0.0.1/32}')`,
    [new SecretBox(SECRET_KEY).seal(secret, 'callback secret 1 1')],
  );
  const begun = await notify('new_conversation', {});
  const path = `/conversations/${begun.body.conversation_id}`;
  await bucket.stop();
  const rejected = await upload();
  assert.equal(rejected.response.status, 503);
  assert.match(JSON.stringify(rejected.body), /upload the file again/);
  assert.ok(rejected.response.headers.get('retry-after') !== null);
  assert.equal((await get(kept.url)).status, 503);
  const reply = { message_type: 'note', type: 'admin', admin_id: me, body: 'See' };
  const base64 = { name: 'a.txt', data: bytes.toString('base64') };
  const replied = await call('POST', `${path}/reply`, { ...reply, attachment_files: [base64] });
  assert.equal(replied.status, 503);
  const sent = await call('POST', `${path}/reply`, { ...reply, attachment_urls: [address] });
  assert.equal(sent.status, 200, JSON.stringify(sent.body));
  await until(
    'a fetch has failed',
    async () =>
      (await database.sql("select from files where state = 'fetching' and attempt > 0")).length ===
      1,
  );
  await bucket.start();
  // Instead of waiting for the end of its lease.
  await database.sql("update files set due_at = now() where state = 'fetching'");
  const stored = await until('the file is stored', async () => {
    await database.sql("update files set due_at = now() where state = 'fetching' and attempt < 2");
    const { body } = await call('GET', path);
    const [found] = body.conversation_parts.conversation_parts[0].attachments;
    return found.state === 'stored' && found;
  });
  assert.ok((await get(stored.url)).bytes.equals(bytes));
  assert.ok((await get(kept.url)).bytes.equals(bytes));
});
