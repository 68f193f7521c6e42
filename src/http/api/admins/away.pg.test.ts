// Teammates who go away and give their conversations back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { call, notify, database } = await startTestParley();
const [admin] = await database.sql<{ id: number }>(
  `insert into admins (workspace_id, name, email) values (1, 'Away', 'away@example.com') returning id`,
);
const [team] = await database.sql<{ id: number }>(
  `insert into teams (workspace_id, name) values (1, 'Support') returning id`,
);
const id = String(admin!.id);
const awayMode = (isAway: boolean, isReassigned = true) =>
  call('PUT', `/admins/${id}/away`, {
    away_mode_enabled: isAway,
    away_mode_reassign: isReassigned,
  });

// The server knows the new teammate once away mode was set: it drops what it kept.
await awayMode(false);

async function begin() {
  const contact = person(`waiting_${nextNumber()}`);
  const { body } = await notify('new_conversation', { contact });
  return {
    contact,
    id: body.conversation_id as string,
    thread: body.external_conversation_id as string,
  };
}

type Begun = Awaited<ReturnType<typeof begin>>;

const act = (on: string, body: object) =>
  call('POST', `/conversations/${on}/parts`, { admin_id: '1', ...body });
const assign = (on: string, type: 'admin' | 'team', assignee: string) =>
  act(on, { message_type: 'assignment', type, assignee_id: assignee });
const say = ({ thread, contact }: Begun) =>
  notify('new_message', { external_conversation_id: thread, contact });

async function assigned(): Promise<Begun> {
  const begun = await begin();
  assert.equal((await assign(begun.id, 'admin', id)).status, 200);
  return begun;
}

async function stateOf(on: string) {
  const { body } = await call('GET', `/conversations/${on}`);
  const parts: { part_type: string; assigned_to: object | null }[] =
    body.conversation_parts.conversation_parts;
  const away = parts.filter((part) => part.part_type === 'away_mode_assignment');
  return {
    assignee: body.admin_assignee_id as number | null,
    team: body.team_assignee_id as number | null,
    state: body.state as string,
    away: away.map((part) => part.assigned_to),
  };
}

test('away: open and snoozed conversations are given back, closed ones are kept', async () => {
  const [open, snoozed, closed, ofTeam, other] = [
    await assigned(),
    await assigned(),
    await assigned(),
    await assigned(),
    await begin(),
  ];
  const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
  await act(snoozed.id, { message_type: 'snoozed', snoozed_until: tomorrow });
  await act(closed.id, { message_type: 'close', type: 'admin' });
  await assign(ofTeam.id, 'team', String(team!.id));
  await assign(other.id, 'admin', '1');
  // A second time changes nothing.
  for (let times = 0; times < 2; times += 1) assert.equal((await awayMode(true)).status, 200);
  const none = { assignee: null, team: null };
  assert.deepEqual(await stateOf(open.id), { ...none, state: 'open', away: [null] });
  assert.deepEqual(await stateOf(snoozed.id), { ...none, state: 'snoozed', away: [null] });
  const teamId = team!.id;
  assert.deepEqual(await stateOf(ofTeam.id), {
    assignee: null,
    team: teamId,
    state: 'open',
    away: [{ type: 'team', id: String(teamId) }],
  });
  const kept = { assignee: Number(id), team: null, state: 'closed', away: [] };
  assert.deepEqual(await stateOf(closed.id), kept);
  assert.equal((await stateOf(other.id)).assignee, 1);
  const events = await database.sql<{ body: string }>(
    `select body from outbound_events where conversation_id = $1 and name = 'conversation_assigned'
     order by sequence`,
    [Number(open.id)],
  );
  const assignees = events.map(({ body }) => JSON.parse(body).assignee.id);
  assert.deepEqual(assignees, [id, null]);

  // The closed one is given back when its contact writes.
  assert.equal((await say(closed)).status, 200);
  assert.deepEqual(await stateOf(closed.id), { ...none, state: 'open', away: [null] });
});

test('away: a conversation that is assigned meanwhile stays until its contact writes', async () => {
  await awayMode(true);
  const begun = await assigned();
  assert.equal((await stateOf(begun.id)).assignee, Number(id));
  await say(begun);
  assert.deepEqual((await stateOf(begun.id)).away, [null]);
});

test('away: without away_mode_reassign, or back again, all stays as it is', async () => {
  for (const [isAway, isReassigned] of [
    [true, false],
    [false, true],
  ] as const) {
    await awayMode(isAway, isReassigned);
    const begun = await assigned();
    await awayMode(isAway, isReassigned);
    await say(begun);
    assert.deepEqual(await stateOf(begun.id), {
      assignee: Number(id),
      team: null,
      state: 'open',
      away: [],
    });
  }
});

test('away: 120 conversations are given back once, also by concurrent requests', async () => {
  await awayMode(false);
  await Promise.all(Array.from({ length: 120 }, () => assigned()));
  const responses = await Promise.all([awayMode(true), awayMode(true), awayMode(true)]);
  assert.deepEqual(
    responses.map(({ status }) => status),
    [200, 200, 200],
  );
  const left = await database.sql(
    `select id from conversations where admin_assignee_id = $1 and state <> 'closed'`,
    [Number(id)],
  );
  assert.deepEqual(left, []);
  const [twice] = await database.sql<{ count: number }>(
    `select count(*)::int from (select conversation_id from conversation_parts
     where part_type = 'away_mode_assignment' group by 1 having count(*) > 1) as several`,
  );
  assert.equal(twice!.count, 0);
});
