// Parley is killed while it takes an upload and while it fetches a file: nothing half is ever served, and no bytes stay
// for good.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { SecretBox } from '../../src/base/seal.ts';
import { runParley, temporaryFolder } from '../cli/run-parley.ts';
import { startBucket } from '../support/bucket.ts';
import { listen } from '../support/listen.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startParley, TOKEN } from '../support/process.ts';
import { eventBody, request, SECRET_KEY } from '../support/server.ts';
import { times } from '../support/thoroughness.ts';
import { until } from '../support/until.ts';

const folder = join(temporaryFolder('killed-files'), 'files');
const database = await openTestDatabase();
const settings = {
  PARLEY_DATABASE_URL: database.url,
  PARLEY_SECRET_KEY: SECRET_KEY,
  PARLEY_FILES_DIR: folder,
  PARLEY_LOG_LEVEL: 'warn',
};
const bytes = Buffer.alloc(300_000, 'content ');
const authorization = `Bearer ${TOKEN}`;

const onDisk = (): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        statSync(join(folder, name)).isFile(),
      )
    : [];

const uploadPoints = ['during_file', 'before_file_renamed', 'before_file_stored'].slice(
  0,
  times(2, 3),
);

test('a kill during an upload: leaves no file, no row and no bytes', async () => {
  for (const point of uploadPoints) {
    const killed = await startParley({ settings: { ...settings, PARLEY_FAULT_POINT: point } });
    const form = new FormData();
    form.append('file', new Blob([bytes]), 'half.bin');
    const sent = fetch(`${killed.url}/parley/v1/uploads`, {
      method: 'POST',
      headers: { authorization },
      body: form,
    });
    await assert.rejects(sent, point);
    await killed.parley.exited;
    assert.ok(onDisk().length > 0, `${point} leaves bytes`);
    assert.deepEqual(await database.sql('select state from files'), [{ state: 'writing' }]);
    // Instead of waiting for the time after which it counts as interrupted.
    await database.sql('update files set remove_at = now()');
    const next = await startParley({ settings });
    await until('its bytes are gone', () => onDisk().length === 0);
    await until(
      'its row is gone',
      async () => (await database.sql('select from files')).length === 0,
    );
    await next.parley.kill();
  }
});

test('a kill during a fetch: the next server fetches the file whole', async () => {
  const origin = createServer((_incoming, response) => response.end(bytes));
  const address = `http://127.0.0.1:${await listen(origin)}`;
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  await runParley(['migrate'], { settings });
  await database.sql(
    `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed, allowed_cidrs)
     values (1, 1, null, $1, '{127.0.0.1/32}')`,
    [new SecretBox(SECRET_KEY).seal(secret, 'callback secret 1 1')],
  );
  for (const point of ['after_file_fetched', 'before_file_renamed']) {
    const killed = await startParley({ settings: { ...settings, PARLEY_FAULT_POINT: point } });
    const call = (url: string, method: string, path: string, body?: unknown) =>
      request(url + path, method, body, { authorization });
    const begun = await call(
      killed.url,
      'POST',
      '/custom_channel_events/notify_new_conversation',
      eventBody('new_conversation'),
    );
    const path = `/conversations/${begun.body.conversation_id}`;
    const reply = {
      ...{ message_type: 'note', type: 'admin', admin_id: '1', body: 'See' },
      attachment_urls: [`${address}/whole.bin`],
    };
    // The kill may come before its response.
    await call(killed.url, 'POST', `${path}/reply`, reply).catch(() => {});
    await killed.parley.exited;
    // Instead of waiting for the end of the lease.
    await database.sql("update files set due_at = now() where state = 'fetching'");
    const next = await startParley({ settings });
    const attachment = await until('the file is stored', async () => {
      const { body } = await call(next.url, 'GET', path);
      const [found] = body.conversation_parts.conversation_parts[0].attachments;
      return found.state === 'stored' && found;
    });
    const response = await fetch(attachment.url);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes), point);
    await next.parley.kill();
  }
  assert.ok(onDisk().every((name) => !name.endsWith('.part')));
});

test('a kill during an upload to a bucket: leaves nothing there', async () => {
  const bucket = await startBucket();
  for (const point of ['before_file_stored', 'before_file_renamed'].slice(0, times(1, 2))) {
    const inBucket = { ...settings, ...bucket.settings };
    const killed = await startParley({ settings: { ...inBucket, PARLEY_FAULT_POINT: point } });
    const form = new FormData();
    form.append('file', new Blob([bytes]), 'half.bin');
    const body = { method: 'POST', headers: { authorization }, body: form };
    await assert.rejects(fetch(`${killed.url}/parley/v1/uploads`, body), point);
    await killed.parley.exited;
    assert.equal(bucket.objects().length, point === 'before_file_stored' ? 1 : 0);
    await database.sql("update files set remove_at = now() where state = 'writing'");
    const next = await startParley({ settings: inBucket });
    await until(
      'its row is gone',
      async () => (await database.sql("select from files where state <> 'stored'")).length === 0,
    );
    assert.deepEqual(bucket.objects(), []);
    await next.parley.kill();
  }
});
