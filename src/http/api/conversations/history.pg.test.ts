// What a conversation tells about its past, its source and its statistics: over a real socket and through the
// official SDK.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { nextNumber, person, startTestParley } from '../../../../test/support/server.ts';
import { readMigrations } from '../../../store/schema/migrate.ts';

const { url, token, call, notify, database } = await startTestParley();
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

type Source = NonNullable<Intercom.Conversation['source']>;
const told = ({ delivered_as, subject, body, author, redacted }: Source) => [
  delivered_as,
  subject,
  body,
  [author!.type, author!.id, author!.name],
  redacted,
];

/** Reads the source, which lists and searches show alike. */
async function sourceOf(id: string): Promise<Source> {
  const source = (await read(id)).source!;
  const { body } = await call('POST', '/conversations/search', {
    query: { field: 'id', operator: '=', value: id },
  });
  assert.deepEqual(body.conversations[0].source, source);
  return source;
}

async function someone(name: string): Promise<string> {
  const contact = await client.contacts.create({
    role: 'user',
    external_id: `history_${nextNumber()}`,
    name,
  });
  return contact.id!;
}

const is = (field: string, value: unknown, operator = '=') => ({ field, operator, value });
const redact = (id: string, sourceId = id) =>
  call('POST', '/conversations/redact', {
    type: 'source',
    conversation_id: id,
    source_id: sourceId,
  });

test('source: of a contact who begins over REST is the message', async () => {
  const ada = await someone('Ada');
  const { conversation_id: id } = await client.conversations.create({
    from: { type: 'user', id: ada },
    body: 'Where is <my> parcel?',
  });
  const source = await sourceOf(id!);
  assert.deepEqual(told(source), [
    'customer_initiated',
    '',
    '<p>Where is &lt;my&gt; parcel?</p>',
    ['user', ada, 'Ada'],
    false,
  ]);
  assert.deepEqual(
    [source.id, source.type, source.url, source.attachments],
    [id, 'conversation', null, []],
  );
  const plain = await call('GET', `/conversations/${id}?display_as=plaintext`);
  assert.equal(plain.body.source.body, 'Where is <my> parcel?');
  assert.equal(plain.body.conversation_parts.total_count, 1);
});

test('source: of a teammate is the message with its first subject', async () => {
  const ada = await someone('Ada');
  const sent = await client.messages.create({
    message_type: 'email',
    subject: 'Your parcel',
    body: 'It is on its way',
    template: 'plain',
    from: { type: 'admin', id: Number(me) },
    to: { type: 'user', id: ada },
  });
  const id = sent.conversation_id!;
  await client.conversations.update({ conversation_id: id, title: 'Another title' });
  const { name } = (await client.admins.identify())!;
  const source = await sourceOf(id);
  assert.deepEqual(told(source), [
    'admin_initiated',
    'Your parcel',
    '<p>It is on its way</p>',
    ['admin', me, name],
    false,
  ]);
  for (const filter of [
    is('source.delivered_as', 'admin_initiated'),
    is('source.subject', 'Your parcel'),
    is('source.body', 'way'),
    is('source.author.id', me),
    is('source.author.type', 'admin'),
    is('source.author.name', name),
    is('source.author.email', source.author!.email!.toUpperCase()),
  ]) {
    assert.deepEqual(await find([id], filter), [id], JSON.stringify(filter));
  }
  assert.deepEqual(await find([id], is('source.author.id', ada)), []);
  assert.deepEqual(await find([id], is('source.subject', 'Another title')), []);
});

test('source: names the contact who began it, once that one has left', async () => {
  const { id, contactId } = await begin();
  const other = await someone('Grace');
  await client.conversations.attachContactAsAdmin({
    conversation_id: id,
    admin_id: me,
    customer: { intercom_user_id: other },
  });
  const before = await sourceOf(id);
  await client.conversations.detachContactAsAdmin({
    conversation_id: id,
    contact_id: contactId,
    admin_id: me,
  });
  const { contacts, source } = await read(id);
  assert.deepEqual(
    contacts!.contacts!.map((one) => one.id),
    [other],
  );
  assert.deepEqual(source, before);
  assert.equal(source!.author!.id, contactId);
  assert.deepEqual(await find([id], is('source.author.id', contactId)), [id]);
  assert.deepEqual(await find([id], is('source.author.id', other)), []);
  assert.deepEqual(await find([id], is('contact_ids', contactId)), []);
});

test('source: follows its author into the user that a lead is merged into', async () => {
  const lead = await client.contacts.create({ role: 'lead', name: 'Ada' });
  const [user, other] = [await someone('Grace'), await someone('Alan')];
  const { conversation_id: id } = await client.conversations.create({
    from: { type: 'lead', id: lead.id! },
    body: 'Hello',
  });
  await client.conversations.attachContactAsAdmin({
    conversation_id: id!,
    admin_id: me,
    customer: { intercom_user_id: other },
  });
  await client.conversations.detachContactAsAdmin({
    conversation_id: id!,
    contact_id: lead.id!,
    admin_id: me,
  });
  await client.contacts.mergeLeadInUser({ from: lead.id!, into: user });
  assert.equal((await sourceOf(id!)).author!.id, user);
  assert.deepEqual(await find([id!], is('source.author.id', user)), [id]);
});

test('redact source: removes the message of a contact everywhere, once', async () => {
  const ada = await someone('Ada');
  const { conversation_id: id } = await client.conversations.create({
    from: { type: 'user', id: ada },
    body: 'My card is 4111',
  });
  const [part] = (await read(id!)).conversation_parts!.conversation_parts!;
  assert.deepEqual(await find([id!], is('source.body', '4111')), [id]);
  for (let time = 0; time < 2; time += 1) {
    const { status, body } = await redact(id!);
    assert.equal(status, 200);
    assert.deepEqual([body.source.body, body.source.redacted], ['', true]);
    const [first] = body.conversation_parts.conversation_parts;
    assert.deepEqual([first.body, first.redacted], [null, true]);
  }
  assert.equal((await sourceOf(id!)).redacted, true);
  assert.deepEqual(await find([id!], is('source.body', '4111')), []);
  const events = await database.sql<{ name: string; body: string }>(
    'select name, body from outbound_events where conversation_id = $1',
    [id],
  );
  const [redacted] = events.filter(({ name }) => name === 'message_redacted');
  assert.equal(JSON.parse(redacted!.body).message.id, part!.id);
  assert.equal(events.filter(({ name }) => name === 'message_redacted').length, 1);
  const audited = await database.sql(
    `select related_id from audit_log where object_id = $1 and action = 'conversation.part_redacted'`,
    [id],
  );
  assert.deepEqual(audited, [{ related_id: part!.id }]);
});

test('redact source: that of a teammate, of an event and of others is an error', async () => {
  const ada = await someone('Ada');
  const sent = await client.messages.create({
    message_type: 'inapp',
    body: 'Hello',
    from: { type: 'admin', id: Number(me) },
    to: { type: 'user', id: ada },
  });
  const { id } = await begin();
  const fault = async (response: ReturnType<typeof redact>) => {
    const { status, body } = await response;
    return [status, body.errors[0].code, body.errors[0].field];
  };
  const isNotRedactable = [400, 'conversation_part_not_redactable', 'source_id'];
  assert.deepEqual(await fault(redact(sent.conversation_id!)), isNotRedactable);
  assert.deepEqual(await fault(redact(id)), isNotRedactable);
  const isUnknown = [404, 'conversation_part_or_message_not_found', 'source_id'];
  for (const wrong of [sent.conversation_id!, '0', '1e9', '99999999999999999999']) {
    assert.deepEqual(await fault(redact(id, wrong)), isUnknown, wrong);
  }
  const isNoId = [400, 'parameter_invalid', 'source_id'];
  assert.deepEqual(await fault(redact(id, '\u0000')), isNoId);
});

test('migration of sources: finds out how conversations began', async () => {
  const [ada, grace] = [await someone('Ada'), await someone('Grace')];
  const message = { message_type: 'inapp', subject: 'About', body: 'Hello' } as const;
  await client.messages.create({
    ...message,
    from: { type: 'admin', id: Number(me) },
    to: { type: 'user', id: ada },
  });
  await client.conversations.create({ from: { type: 'user', id: grace }, body: 'Hello' });
  await (await begin()).say('Hello');
  const all = 'select id, source, begun_by from conversations order by id';
  const before = await database.sql(all);
  const { sql } = readMigrations().find(({ name }) => name === 'sources')!;
  await database.sql('update conversations set source = null');
  await database.sql(sql.slice(sql.indexOf('update parley.conversations')));
  assert.deepEqual(await database.sql(all), before);
});
