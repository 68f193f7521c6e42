// The replay command on conversations of a running server: against their record, and against a draft.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runParley } from '../../../test/cli/run-parley.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { startTestParley } from '../../../test/support/server.ts';

const database = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: database.url };
const folder = mkdtempSync(join(tmpdir(), 'parley-replay-'));
after(() => rmSync(folder, { recursive: true }));
const orderHelp = fileURLToPath(
  new URL('../../../examples/order-help/workflows/order-help.yaml', import.meta.url),
);

const applied = readFileSync(orderHelp, 'utf8').replace(/, channels: \[[^\]]*\]/, '');
const draftFile = join(folder, 'draft.yaml');
writeFileSync(
  draftFile,
  applied
    .replace('Hi {{ contact.name', 'Good day {{ contact.name')
    .replace('do: close, body: "All set."', 'do: close, body: "It is on its way."'),
);

test('replay: verifies a recorded conversation and compares it with a draft', async () => {
  writeFileSync(join(folder, 'order-help.yaml'), applied);
  writeFileSync(
    join(folder, 'parley.yaml'),
    [
      'workspace: default',
      'admins: [{ email: jane@acme.example, name: Jane Doe }]',
      'teams: [{ name: Support, members: [jane@acme.example] }]',
      'data_attributes: [{ name: order_number, type: string }]',
      'workflows: [order-help.yaml]',
      '',
    ].join('\n'),
  );
  const parley = await startTestParley({}, database);
  const setUp = await runParley(['apply', '-f', join(folder, 'parley.yaml')], { settings });
  assert.equal(setUp.code, 0, setUp.err + setUp.out);
  const conversationId = await haveConversation(parley);

  const verified = await runParley(['replay', conversationId], { settings });
  assert.equal(verified.code, 0, verified.out + verified.err);
  assert.match(verified.out, /Replayed \d+ signals: the result matches what is stored\./);

  const same = await runParley(
    ['replay', conversationId, '--workflow', join(folder, 'order-help.yaml')],
    { settings },
  );
  assert.match(same.out, /The draft would have done the same\./, same.err);

  const beside = ['replay', conversationId, '--workflow', draftFile];
  const text = await runParley(beside, { settings });
  assert.equal(text.code, 0, text.err);
  assert.match(text.out, /≠ +Hi .*! +Good day /);
  assert.match(text.out, /They differ from .*: the contact starts the conversation\./);
  const json = (await runParley([...beside, '--json'], { settings })).json();
  assert.equal(json.part_at, 0);
  assert.equal(json.is_faithful, true);
  const clicked = json.signals.find(({ what }: { what: string }) => what.includes('[An order]'));
  assert.equal(clicked.same, true);
  assert.deepEqual(clicked.draft, ['Your order number?', 'asks for order_number']);

  await database.sql(`update conversations set custom_attributes = '{"order_number": "?"}'`);
  const tampered = await runParley(['replay', conversationId], { settings });
  assert.equal(tampered.code, 1);
  assert.match(
    tampered.out,
    /the conversation's customAttributes\n +on record +\{"order_number":"\?"\}/,
  );
});

test('replay: exits with 2 for a wrong call, with 1 for an unknown conversation', async () => {
  const [word, absent, draft] = await Promise.all([
    runParley(['replay', 'abc'], { settings }),
    runParley(['replay', '123'], { settings }),
    runParley(['replay', '123', '--workflow', '/nowhere.yaml'], { settings }),
  ]);
  assert.equal(word.code, 2);
  assert.match(word.err, /"abc" is not a conversation id/);
  assert.equal(absent.code, 1);
  assert.match(absent.err, /has no conversation 123/);
  assert.equal(draft.code, 2);
});

type Parley = Awaited<ReturnType<typeof startTestParley>>;

/** Starts a conversation, clicks and gives a number, as an app does. */
async function haveConversation(parley: Parley): Promise<string> {
  const ids = { external_conversation_id: 'replayed', contact: contactOf('replayed') };
  const begun = await parley.notify('new_conversation', ids);
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const conversationId = (begun.body as { conversation_id: string }).conversation_id;
  const [prompt] = await database.sql<{ id: string }>(
    `select metadata->'quick_reply_options'->0->>'uuid' as id from conversation_parts
      where conversation_id = $1 and part_type = 'quick_reply'`,
    [conversationId],
  );
  assert.ok(prompt !== undefined, 'it was asked');
  const clicked = { ...ids, quick_reply_option_id: prompt.id };
  assert.equal((await parley.notify('quick_reply_selected', clicked)).status, 200);
  const attribute = { id: 'order_number', value: 'EU-1234' };
  assert.equal((await parley.notify('attribute_collected', { ...ids, attribute })).status, 200);
  return conversationId;
}

const contactOf = (name: string) => ({
  type: 'user',
  external_id: name,
  name: 'Jane',
  email: 'jane@example.com',
});
