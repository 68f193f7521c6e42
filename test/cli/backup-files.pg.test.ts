// `parley backup` and `parley restore` keep the files of conversations.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { SECRET_KEY, startTestParley } from '../support/server.ts';
import { runParley, temporaryFolder } from './run-parley.ts';

const folder = temporaryFolder('backup-files');
const [from, to] = [join(folder, 'from'), join(folder, 'to')];
const bytes = Buffer.from('tab\t, line\nbreak and \\. of COPY'.repeat(5_000));

const run = async (words: readonly string[], database: TestDatabase, filesDir: string) => {
  const settings = {
    PARLEY_DATABASE_URL: database.url,
    PARLEY_SECRET_KEY: SECRET_KEY,
    PARLEY_FILES_DIR: filesDir,
  };
  const ran = await runParley([...words], { settings });
  assert.equal(ran.code, 0, ran.out + ran.err);
  return ran;
};

test('backup: restores the files of conversations with their bytes', async () => {
  const database = await openTestDatabase();
  const parley = await startTestParley({ PARLEY_FILES_DIR: from }, database);
  const { conversation_id: id } = (await parley.notify('new_conversation')).body;
  const reply = await parley.call('POST', `/conversations/${id}/reply`, {
    ...{ message_type: 'note', type: 'admin', admin_id: '1', body: 'See the file' },
    attachment_files: [{ name: 'odd.txt', data: bytes.toString('base64') }],
  });
  assert.equal(reply.status, 200);
  const file = join(folder, 'whole.backup');
  const ran = await run(['backup', file], database, from);
  assert.match(ran.out, /file_bytes +1/);
  await parley.stop();

  const target = await openTestDatabase({ isEmpty: true });
  await run(['restore', file], target, to);
  const restored = await startTestParley({ PARLEY_FILES_DIR: to }, target);
  const { body } = await restored.call('GET', `/conversations/${id}`);
  const [part] = body.conversation_parts.conversation_parts;
  const response = await fetch(part.attachments[0].url);
  assert.equal(response.status, 200);
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
});
