// Contract B: a repeated action of a teammate gets 200, changes nothing and sends no event, since clients retry these
// requests and they carry no id.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyForTest } from '../support/apply.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const database = await openTestDatabase();
await applyForTest(
  database,
  { channels: [{ name: 'default' }], workflows: ['after.yaml'] },
  {
    'after.yaml': `name: After closing
trigger: { on: conversation_closed }
when: { field: conversation.state, operator: "=", value: closed }
steps:
  - { id: listen, do: wait, for: 1h }
  - { id: thanks, do: send_message, body: Thanks }
`,
  },
);
const { call, notify } = await startTestParley({}, database);

const [other] = await database.sql<{ id: number }>(
  `insert into admins (workspace_id, name, email)
   select id, 'Other', 'other@example.com' from workspaces returning id`,
);
const [team] = await database.sql<{ id: number }>(
  `insert into teams (workspace_id, name) select id, 'Orders' from workspaces returning id`,
);
const me: string = (await call('GET', '/me')).body.id;
const admin = { type: 'admin', admin_id: me };
const until = Math.floor(Date.now() / 1000) + 3600;

async function openConversation() {
  const fields = {
    external_conversation_id: `repeated_${nextNumber()}`,
    contact: person(`writer_${nextNumber()}`),
  };
  await notify('new_conversation', fields);
  const { body } = await notify('new_message', fields);
  return body.conversation_id as string;
}

const eventCount = async (id: string): Promise<number> =>
  (
    await database.sql<{ count: number }>(
      'select count(*)::int as count from outbound_events where conversation_id = $1',
      [id],
    )
  )[0]!.count;

const words = { body: 'The same words.' };
const close = { message_type: 'close', ...admin };
const open = { message_type: 'open', ...admin };
const snoozed = { message_type: 'snoozed', ...admin, snoozed_until: until };
const toAdmin = { message_type: 'assignment', ...admin, assignee_id: other!.id };
const toTeam = {
  message_type: 'assignment',
  type: 'team',
  admin_id: me,
  assignee_id: String(team!.id),
};
const unassign = { message_type: 'assignment', ...admin, assignee_id: '0' };

const actions: Readonly<Record<string, object>> = {
  close,
  'close with words': { ...close, ...words },
  open,
  snooze: snoozed,
  'assignment to a teammate': toAdmin,
  'assignment to a teammate with words': { ...toAdmin, ...words },
  'assignment to a team': toTeam,
  'assignment to a team with words': { ...toTeam, ...words },
  'assignment to nobody with words': { ...unassign, ...words },
};

for (const [name, action] of Object.entries(actions)) {
  test(`repeated ${name}: changes nothing and sends no event`, async () => {
    const id = await openConversation();
    const first = await call('POST', `/conversations/${id}/parts`, action);
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const events = await eventCount(id);
    const [again, ...concurrent] = await Promise.all(
      [1, 2, 3].map(() => call('POST', `/conversations/${id}/parts`, action)),
    );
    assert.deepEqual([again!.status, ...concurrent.map(({ status }) => status)], [200, 200, 200]);
    assert.deepEqual(again!.body, first.body);
    assert.equal(await eventCount(id), events);
  });
}

test('close with a body: sends it again after the conversation was reopened', async () => {
  const id = await openConversation();
  const parts = async (action: object) => {
    const { body } = await call('POST', `/conversations/${id}/parts`, action);
    return body.conversation_parts.conversation_parts.map((part: { body: string }) => part.body);
  };
  await parts({ ...close, ...words });
  await parts(open);
  const said = await parts({ ...close, ...words });
  assert.equal(said.filter((body: string | null) => body?.includes('same words')).length, 2);
});

test('close: when repeated, leaves the run of the first close running', async () => {
  for (const again of [close, { ...close, ...words }]) {
    const id = await openConversation();
    const look = async () => {
      const [state, trace] = await Promise.all(
        ['state', 'trace'].map((name) => call('GET', `/parley/v1/conversations/${id}/${name}`)),
      );
      return [state!.body, trace!.body];
    };
    await call('POST', `/conversations/${id}/parts`, again);
    const before = await look();
    assert.equal(before[0].workflow.step, 'listen');
    assert.equal(before[0].workflow.end_reason, null);
    await call('POST', `/conversations/${id}/parts`, again);
    assert.deepEqual(await look(), before);
  }
});

test('assignment: when repeated, leaves the waiting run alone', async () => {
  const id = await openConversation();
  await call('POST', `/conversations/${id}/parts`, close);
  for (const action of [toTeam, toTeam, open, open, snoozed, snoozed]) {
    await call('POST', `/conversations/${id}/parts`, action);
    const { body } = await call('GET', `/parley/v1/conversations/${id}/state`);
    assert.equal(body.workflow.end_reason, null);
  }
});
