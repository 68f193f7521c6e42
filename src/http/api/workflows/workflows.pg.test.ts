// Workflows over HTTP: what operators see of them, going back to a version, and moving what waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyForTest } from '../../../../test/support/apply.ts';
import { person, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';
import { sha256Hex } from '../../../base/random.ts';

const { call: callAs, notify, database } = await startTestParley();
const OPERATOR = 'parley_token_of_an_operator_0123456789';
await database.sql(
  `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint, scopes)
   values (1, null, 1, 'operations', decode($1, 'hex'), '6789', '{manage}')`,
  [sha256Hex(OPERATOR)],
);
const headers = { authorization: `Bearer ${OPERATOR}` };
const call = (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
  callAs(method, `/parley/v1/workflows${path}`, body, { ...headers, ...more });

/** A workflow with two waits; the id of the second can differ. */
const waits = (second: string) => `name: Two waits
trigger: { on: new_conversation }
steps:
  - { id: first, do: wait, until: message }
  - { id: ${second}, do: wait, until: message }
  - { id: done, do: note, body: "Done in ${second}" }
`;
const chain = (from: string, to: string) => `name: ${from}
trigger: { on: new_message }
when: { field: conversation.title, operator: "=", value: never }
steps:
  - { id: on, do: run_workflow, workflow: ${to} }
`;

const apply = (files: Readonly<Record<string, string>>) =>
  applyForTest(database, { workflows: Object.keys(files) }, files);

const named = (name: string) => ({ external_conversation_id: name, contact: person(name) });

async function placeOf(externalId: string): Promise<string | undefined> {
  const [row] = await database.sql<{ place: string }>(
    `select (run->>'stepId') || ' of ' || (run->>'version') as place from conversations
      where external_id = $1 and run->>'status' = 'waiting'`,
    [externalId],
  );
  return row?.place;
}

await apply({ 'waits.yaml': waits('second') });
// The server follows within two seconds.
await until('the workflow runs', async () => {
  const probe = named('near');
  await notify('new_conversation', probe);
  return (
    (await placeOf('near')) !== undefined || !(await database.sql('delete from conversations'))
  );
});
await notify('new_conversation', named('far'));
await notify('new_message', named('far'));
await apply({ 'waits.yaml': waits('another') });

test('list: shows the trigger, the steps and what waits at each', async () => {
  const { status, body } = await call('GET', '');
  assert.equal(status, 200);
  assert.deepEqual(body.data, [
    {
      type: 'workflow',
      id: '1',
      name: 'Two waits',
      is_on: true,
      current_version: 2,
      latest_version: 2,
      trigger: { on: 'new_conversation', channel_ids: null },
      steps: [
        { id: 'first', do: 'wait_for_message', waiting: 1 },
        { id: 'another', do: 'wait_for_message', waiting: 0 },
        { id: 'done', do: 'note', waiting: 0 },
      ],
      waiting: 2,
      waiting_elsewhere: 1,
      waiting_by_version: [{ version: 1, waiting: 2 }],
    },
  ]);
  const quick = await call('GET', '?counts=false');
  assert.equal(quick.body.data[0].waiting, null);
});

test('show: has the file of a version, what runs, and all versions', async () => {
  const { body: current } = await call('GET', '/1');
  assert.equal(current.source, waits('another'));
  assert.deepEqual(
    current.versions.map(({ version }: { version: number }) => version),
    [2, 1],
  );
  const { body: first } = await call('GET', '/1?version=1');
  assert.deepEqual([first.version, first.source], [1, waits('second')]);
  assert.equal(first.definition.steps[1].id, 'second');
  assert.equal(first.steps[1].id, 'another', 'the steps are those of the current version');
});

test('diff: has both texts and what differs when it runs', async () => {
  const { body } = await call('GET', '/1/diff');
  assert.deepEqual([body.from.version, body.to.version], [1, 2]);
  assert.equal(body.from.source, waits('second'));
  assert.deepEqual(
    body.differences.map(({ part, kind }: Record<string, string>) => `${part} ${kind}`),
    ['step first changed', 'step second removed', 'step done changed', 'step another added'],
  );
  assert.deepEqual((await call('GET', '/1/diff?from=2&to=2')).body.differences, []);
});

test('move: tells what would move, moves once for each key, and lists what stays', async () => {
  const dry = await call('POST', '/1/move', { version: 2, dry_run: true });
  assert.deepEqual([dry.body.moved, dry.body.already_there, dry.body.next], [1, 0, null]);
  assert.equal(await placeOf('near'), 'first of 1');
  const key = { 'idempotency-key': 'move_once' };
  const moves = await Promise.all(
    [1, 2, 3].map(() => call('POST', '/1/move', { version: 2 }, key)),
  );
  for (const { status, body } of moves) {
    assert.deepEqual([status, body.moved], [200, 1], JSON.stringify(body));
    const [{ external_conversation_id: id, reason }] = body.stayed;
    assert.deepEqual([id, reason], ['far', 'version 2 has no step "second"']);
  }
  assert.equal(await placeOf('near'), 'first of 2');
  const again = await call('POST', '/1/move', { version: 2 });
  assert.deepEqual([again.body.moved, again.body.already_there], [0, 1]);
  const [{ waiting_by_version: byVersion }] = (await call('GET', '')).body.data;
  assert.deepEqual(byVersion, [
    { version: 2, waiting: 1 },
    { version: 1, waiting: 1 },
  ]);
  const audit = await callAs(
    'GET',
    '/parley/v1/audit?action=workflow.move_requested',
    undefined,
    headers,
  );
  assert.equal(audit.body.data.length, 1);
  assert.equal(audit.body.data[0].details.conversations, 1);
});

test('rollback: new conversations use the version at once', async () => {
  const done = await call('POST', '/1/rollback', { version: 1 });
  assert.deepEqual(done.body, {
    type: 'workflow_version',
    id: '1',
    name: 'Two waits',
    current_version: 1,
    previous_version: 2,
  });
  await notify('new_conversation', named('after'));
  assert.equal(await placeOf('after'), 'first of 1');
  const again = await call('POST', '/1/rollback', { version: 1 });
  assert.equal(again.body.previous_version, 1);
  const all = await Promise.all(
    [1, 2, 1, 2, 1, 2].map((version) => call('POST', '/1/rollback', { version })),
  );
  assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]));
  const audit = '/parley/v1/audit?action=workflow.version_chosen&object=workflow:1';
  const { data } = (await callAs('GET', audit, undefined, headers)).body;
  const last = await call('GET', '/1?counts=false');
  assert.equal(data[0].after.version, last.body.current_version);
});

test('rollback: rejects a version that would start workflows without end', async () => {
  await apply({ 'a.yaml': chain('A', 'B'), 'b.yaml': waits('x').replace('Two waits', 'B') });
  await apply({ 'a.yaml': waits('x').replace('Two waits', 'A'), 'b.yaml': chain('B', 'A') });
  const { data } = (await call('GET', '')).body;
  const { id } = data.find(({ name }: { name: string }) => name === 'A');
  const { status, body } = await call('POST', `/${id}/rollback`, { version: 1 });
  assert.equal(status, 422, JSON.stringify(body));
  assert.match(body.errors[0].message, /cannot be current: its step on /);
});

test('workflows: reject what is unknown or wrong, each with its field', async () => {
  for (const [method, path, body, status] of [
    ['GET', '/99', undefined, 404],
    ['GET', '/%00', undefined, 404],
    ['GET', `/${'9'.repeat(400)}`, undefined, 404],
    ['GET', '/1?version=7', undefined, 404],
    ['GET', '/1?version=0', undefined, 400],
    ['GET', '/1?counts=maybe', undefined, 400],
    ['GET', '/1/diff?from=3', undefined, 404],
    ['GET', '/1/diff?to=1', undefined, 404],
    ['GET', '/1/diff?to=1e3', undefined, 400],
    ['POST', '/99/rollback', { version: 1 }, 404],
    ['POST', '/1/rollback', { version: 9 }, 404],
    ['POST', '/1/rollback', { version: 0 }, 400],
    ['POST', '/1/rollback', { version: 2 ** 53 }, 400],
    ['POST', '/1/rollback', { version: '1' }, 422],
    ['POST', '/1/rollback', {}, 400],
    ['POST', '/1/move', { version: 9 }, 404],
    ['POST', '/1/move', { version: 1, starting_after: 'abc' }, 400],
    ['POST', '/1/move', { version: 1, starting_after: '\u0000' }, 400],
  ] as const) {
    const got = await call(method, path, body);
    assert.equal(got.status, status, `${method} ${path} ${JSON.stringify(got.body)}`);
  }
});
