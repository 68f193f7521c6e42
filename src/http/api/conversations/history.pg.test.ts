// What a conversation tells about its past: its statistics, over a real socket and through the official SDK.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { url, token, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;
const admin = { type: 'admin', admin_id: me } as const;

async function begin() {
  const number = nextNumber();
  const externalId = `history_${number}`;
  const contact = person(externalId);
  const { body } = await notify('new_conversation', {
    external_conversation_id: externalId,
    contact,
  });
  const say = (text: string) =>
    notify('new_message', { external_conversation_id: externalId, contact, body: text });
  return { id: body.conversation_id as string, contactId: body.contact_id as string, say };
}

const read = async (id: string) => (await client.conversations.find({ conversation_id: id }))!;

/** Searches some conversations. @returns the ids that it finds, in its order. */
async function find(
  ids: readonly string[],
  query: object,
  sort?: { field: string; order: string },
): Promise<string[]> {
  const among = { field: 'id', operator: 'IN', value: ids };
  const { response } = await client.conversations.search({
    query: { operator: 'AND', value: [among, query] },
    ...(sort === undefined ? {} : { sort }),
  } as Intercom.SearchRequest);
  return response.conversations!.map(({ id }) => id!);
}

const reply = (id: string, body: string, type: 'comment' | 'note' = 'comment') =>
  client.conversations.reply({
    conversation_id: id,
    body: { ...admin, message_type: type, body },
  });
const manage = (id: string, body: object) =>
  client.conversations.manage({ conversation_id: id, body: { ...admin, ...body } as never });

/** Lets all that happened in a conversation have happened some seconds earlier. */
const moveBack = (id: string, seconds: number) =>
  database.sql(
    `update conversations set first_contact_reply_at = first_contact_reply_at - $2 * interval '1 s',
      waiting_since = waiting_since - $2 * interval '1 s' where id = $1`,
    [id, seconds],
  );

test('statistics: are null or zero until something happens', async () => {
  const { id } = await begin();
  const { type, count_reopens, count_assignments, count_conversation_parts, ...rest } = (
    await read(id)
  ).statistics!;
  assert.equal(type, 'conversation_statistics');
  assert.deepEqual([count_reopens, count_assignments, count_conversation_parts], [0, 0, 0]);
  const known = Object.values(rest).filter((value) => value !== null);
  assert.deepEqual(known, [[], []]);
});

test('statistics: tell of the assignment, the reply and the close', async () => {
  const { id, say } = await begin();
  await manage(id, { message_type: 'assignment', assignee_id: me });
  await manage(id, { message_type: 'assignment', assignee_id: '0' });
  await say('Where is my parcel?');
  await moveBack(id, 100);
  await manage(id, { message_type: 'assignment', assignee_id: me });
  await reply(id, 'She asks again', 'note');
  const assigned = (await read(id)).statistics!;
  assert.equal(assigned.count_assignments, 1);
  assert.equal(assigned.first_assignment_at, assigned.last_assignment_at);
  assert.equal(assigned.last_admin_reply_at, null);
  await reply(id, 'It is on its way');
  await say('Thank you');
  await moveBack(id, 20);
  await manage(id, { message_type: 'close', body: 'You are welcome' });
  const { statistics } = await read(id);
  const { first_contact_reply_at: begun, ...rest } = statistics!;
  assert.equal(rest.first_admin_reply_at, rest.last_assignment_admin_reply_at);
  assert.equal(rest.last_admin_reply_at, rest.last_close_at);
  assert.equal(rest.first_close_at, rest.last_close_at);
  assert.equal(rest.last_closed_by_id, me);
  assert.equal(rest.count_conversation_parts, 8);
  for (const [duration, moment] of [
    [rest.time_to_assignment, rest.first_assignment_at],
    [rest.time_to_admin_reply, rest.first_admin_reply_at],
    [rest.time_to_first_close, rest.first_close_at],
    [rest.time_to_last_close, rest.last_close_at],
  ] as const) {
    // Each of the three times is cut to its second.
    const difference = moment! - begun!;
    assert.ok(difference >= 120 && Math.abs(duration! - difference) <= 1, `${duration}`);
  }
  assert.ok(rest.median_time_to_reply! >= 60 && rest.median_time_to_reply! < 70);
});

test('statistics: an assignment with a message is a reply', async () => {
  const { id, say } = await begin();
  await say('Hello?');
  await manage(id, { message_type: 'assignment', assignee_id: me, body: 'I look into it' });
  const { statistics, waiting_since: waitingSince } = await read(id);
  assert.equal(waitingSince, null);
  assert.equal(statistics!.last_admin_reply_at, statistics!.last_assignment_at);
});

test('statistics: are searched and sorted by', async () => {
  const [quick, slow, silent] = [await begin(), await begin(), await begin()];
  const ids = [quick, slow, silent].map(({ id }) => id);
  for (const [{ id, say }, seconds] of [
    [quick, 10],
    [slow, 1000],
  ] as const) {
    await say('Hello?');
    await moveBack(id, seconds);
    await reply(id, 'Hello');
  }
  await manage(quick.id, { message_type: 'close' });
  const filter = (field: string, operator: string, value: unknown) => ({
    field: `statistics.${field}`,
    operator,
    value,
  });
  assert.deepEqual(await find(ids, filter('time_to_admin_reply', '>', 1000)), [slow.id]);
  assert.deepEqual(await find(ids, filter('median_time_to_reply', '<', 900)), [quick.id]);
  assert.deepEqual(await find(ids, filter('last_closed_by_id', '=', me)), [quick.id]);
  assert.deepEqual(await find(ids, filter('first_admin_reply_at', '=', null)), [silent.id]);
  const { statistics } = await read(quick.id);
  const closedAt = statistics!.last_close_at;
  assert.deepEqual(await find(ids, filter('last_close_at', '>', closedAt)), [quick.id]);
  const everywhere = filter('count_assignments', '=', 0);
  const by = { field: 'statistics.time_to_admin_reply', order: 'descending' };
  assert.deepEqual(await find(ids, everywhere, by), [slow.id, quick.id, silent.id]);
});
