// The dead-letters commands (list with a limit, summary, discard), and the last use of tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { addConversation, addEvent } from '../e2e/event-log-rows.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startTestParley } from '../support/server.ts';
import { type Ran, runParley } from './run-parley.ts';

const database = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: database.url };
const parley = (...words: string[]): Promise<Ran> => runParley(words, { settings });
const done = async (...words: string[]): Promise<Ran> => {
  const ran = await parley(...words);
  assert.equal(ran.code, 0, ran.err);
  return ran;
};

await done('channel', 'create', 'other');
const conversation = await addConversation(database);
const ids: string[] = [];
for (let index = 0; index < 8; index += 1)
  ids.push(await addEvent(database, conversation, `Text ${index}`));
await database.sql(
  `insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason, parked_at)
   select 1, $1, n, case when n < 7 then 1 else (select id from channels where name = 'other') end,
     case when n < 4 then 'status 422' else 'timeout: no answer' end, now() - n * interval '10 days'
   from generate_series(1, 8) as n`,
  [conversation.conversationId],
);
const left = async (): Promise<number> =>
  (await done('dead-letters', 'list', '--json')).json().length;

test('dead-letters list: shows the first ones up to a limit and says there are more', async () => {
  const some = await done('dead-letters', 'list', '--limit', '3');
  assert.equal(some.out.match(/ new_message /g)?.length, 3);
  assert.match(some.out, /There are more: `parley dead-letters summary`/);
  const all = await done('dead-letters', 'list', '--limit', '8');
  assert.doesNotMatch(all.out, /There are more/);
  assert.equal((await done('dead-letters', 'list', '--limit', '2', '--json')).json().length, 2);
  for (const limit of ['0', '-1', 'x', '1.5']) {
    assert.equal((await parley('dead-letters', 'list', `--limit=${limit}`)).code, 2, limit);
  }
});

test('dead-letters summary: counts by channel and reason with ages, most first', async () => {
  const sums = (await done('dead-letters', 'summary', '--json')).json();
  assert.deepEqual(
    sums.map(({ count, channel, reason }: Record<string, unknown>) => [count, channel, reason]),
    [
      [3, 'default', 'status 422'],
      [3, 'default', 'timeout: no answer'],
      [2, 'other', 'timeout: no answer'],
    ],
  );
  assert.ok(Date.parse(sums[0].newest_at) - Date.parse(sums[0].oldest_at) >= 19 * 86_400_000);
  const ofOne = (await done('dead-letters', 'summary', '--channel', 'other', '--json')).json();
  assert.equal(ofOne.length, 1);
  const { out } = await done('dead-letters', 'summary');
  assert.match(out, /^EVENTS +CONVERSATIONS +CHANNEL +OLDEST +NEWEST +REASON\n3 /);
});

test('dead-letters discard: discards only the selected ones with --yes, and says so', async () => {
  const lane = () => database.sql('select * from delivery_lanes order by conversation_id');
  const before = await lane();
  const asked = await parley('dead-letters', 'discard', '--all', '--older-than', '35d');
  assert.equal(asked.code, 1);
  assert.match(asked.err, /this would discard 5 events: add --yes/);
  assert.equal(await left(), 8);
  for (const wrong of [
    [],
    ['--yes'],
    [ids[0]!, '--all'],
    [ids[0]!, '--reason', 'status 422'],
    ['--all', '--older-than', 'long'],
  ]) {
    assert.equal((await parley('dead-letters', 'discard', ...wrong)).code, 2, wrong.join(' '));
  }

  await database.sql(
    'insert into delivery_resends (workspace_id, conversation_id, sequence) values (1, $1, 1)',
    [conversation.conversationId],
  );
  const one = await done('dead-letters', 'discard', ids[0]!, '--yes');
  assert.match(one.out, /^Discarded 1 event\./);
  assert.equal(await left(), 7);
  assert.deepEqual(await database.sql('select from delivery_resends'), []);
  assert.equal((await parley('dead-letters', 'discard', ids[0]!, '--yes')).code, 1);
  const byReason = await done(
    ...['dead-letters', 'discard', '--all', '--reason', 'status 422', '--yes', '--json'],
  );
  assert.deepEqual(byReason.json(), { discarded: 2 });
  const byChannel = await done('dead-letters', 'discard', '--all', '--channel', 'other', '--yes');
  assert.match(byChannel.out, /^Discarded 2 events/);
  assert.equal(await left(), 3);
  assert.deepEqual(await lane(), before);
  assert.equal((await database.sql('select from outbound_events')).length, 8);
  assert.equal((await database.sql('select from dead_letters')).length, 8);
  const none = await done('dead-letters', 'discard', '--all', '--reason', 'none such');
  assert.match(none.out, /No dead letters/);
});

test('token list: shows the last use to the minute without a write for each request', async () => {
  const server = await startTestParley({}, database);
  const lastUses = async () => (await done('token', 'list', '--json')).json();
  const [unused] = await lastUses();
  assert.equal(unused.last_used_at, null);
  const startedAt = Date.now();
  for (let count = 0; count < 30; count += 1) await server.call('GET', '/me');
  for (let tries = 0; ; tries += 1) {
    const [used] = await lastUses();
    if (used.last_used_at !== null) {
      assert.ok(Math.abs(Date.parse(used.last_used_at) - startedAt) < 60_000);
      break;
    }
    assert.ok(tries < 20, 'it is never written down');
    await pause(250);
  }
  const noted = await database.sql<{ at: number }>('select last_used_at as at from access_tokens');
  await pause(2_500);
  await server.call('GET', '/me');
  await pause(1_500);
  assert.deepEqual(await database.sql('select last_used_at as at from access_tokens'), noted);
  assert.match((await done('token', 'list')).out, / LAST USED +STATE\n/);
});
