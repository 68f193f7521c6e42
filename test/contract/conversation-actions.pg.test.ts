// Contract D.2: actions of teammates and contacts by POST /conversations/{id}/reply and /parts, with the parts, states
// and outbound events that they cause.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenApiDocument } from '../../src/http/openapi/types.ts';
import { openDocumentedSchemas } from '../support/documented-schemas.ts';
import { type ApiResponse, nextNumber, person, startTestParley } from '../support/server.ts';

const { call, notify, database } = await startTestParley();

const [second] = await database.sql<{ id: number }>(
  `insert into admins (workspace_id, name, email)
   select id, 'Second', 'second@example.com' from workspaces returning id`,
);
const [team] = await database.sql<{ id: number }>(
  `insert into teams (workspace_id, name) select id, 'Orders' from workspaces returning id`,
);
await database.sql(
  `insert into team_members (workspace_id, team_id, admin_id)
   select workspace_id, id, $1 from teams`,
  [second!.id],
);
const me: string = (await call('GET', '/me')).body.id;
const admin = { type: 'admin', admin_id: me };

async function open() {
  const number = nextNumber();
  const contact = person(`partner_${number}`);
  const fields = { external_conversation_id: `talk_${number}`, contact };
  const { body } = await notify('new_conversation', fields);
  const id = body.conversation_id as string;
  return { fields, contact, id, contactId: body.contact_id as string };
}

/** Creates a conversation with a message of the contact, closed if asked for. */
async function openWithMessage(state: 'open' | 'closed' | 'snoozed' = 'open') {
  const made = await open();
  await notify('new_message', made.fields);
  if (state === 'closed') await manage(made.id, { message_type: 'close', ...admin });
  if (state === 'snoozed') await snooze(made.id, 3600);
  return made;
}

const reply = (id: string, body: unknown): Promise<ApiResponse> =>
  call('POST', `/conversations/${id}/reply`, body);
const manage = (id: string, body: unknown): Promise<ApiResponse> =>
  call('POST', `/conversations/${id}/parts`, body);
const snooze = (id: string, seconds: number) =>
  manage(id, { message_type: 'snoozed', admin_id: me, snoozed_until: inSeconds(seconds) });
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** Returns the conversation of a response that must be 200, with its newest part. */
function taken(response: ApiResponse) {
  assert.equal(response.status, 200, JSON.stringify(response.body));
  return {
    conversation: response.body,
    part: response.body.conversation_parts.conversation_parts.at(-1),
  };
}

function rejected(response: ApiResponse, status: number, code: string, field: string | null) {
  assert.equal(response.status, status, JSON.stringify(response.body));
  const [error] = response.body.errors;
  assert.deepEqual([error.code, error.field], [code, field]);
}

/** Reads the logged events of a conversation after a sequence, as the app gets them. */
async function eventsOf(id: string, after = 0) {
  const rows = await database.sql<{ body: string }>(
    'select body from outbound_events where conversation_id = $1 and sequence > $2 order by sequence',
    [id, after],
  );
  return rows.map(({ body }) => JSON.parse(body));
}
const namesOf = (events: { event_name: string }[]) => events.map(({ event_name: name }) => name);

test('admin comment: adds a part, ends waiting and sends an event', async () => {
  const { id } = await openWithMessage();
  const body = 'It is <b>on its way</b>.\nTomorrow.';
  const response = await reply(id, { message_type: 'comment', ...admin, body });
  const { conversation, part } = taken(response);
  assert.equal(part.part_type, 'comment');
  assert.equal(part.body, '<p>It is &lt;b&gt;on its way&lt;/b&gt;.</p>\n<p>Tomorrow.</p>');
  assert.deepEqual([part.author.type, part.author.id, part.author.name], ['admin', me, 'Admin']);
  assert.deepEqual(
    [conversation.state, conversation.read, conversation.waiting_since],
    ['open', false, null],
  );
  assert.deepEqual(conversation.teammates.admins, [{ type: 'admin', id: me }]);
  const [event, ...more] = await eventsOf(id);
  assert.deepEqual([event.event_name, event.sequence, more], ['new_message', 1, []]);
  assert.deepEqual([event.message.id, event.message.body_text], [part.id, body]);
  assert.deepEqual(response.body, (await call('GET', `/conversations/${id}`)).body);
});

for (const state of ['open', 'closed', 'snoozed'] as const) {
  test(`admin note in an ${state} conversation: adds a note part and sends no event`, async () => {
    const { id } = await openWithMessage(state);
    const before = (await call('GET', `/conversations/${id}`)).body;
    const count = (await eventsOf(id)).length;
    const { conversation, part } = taken(
      await reply(id, { message_type: 'note', ...admin, body: 'VIP' }),
    );
    assert.deepEqual([part.part_type, part.body, part.state], ['note', '<p>VIP</p>', state]);
    for (const field of ['state', 'open', 'read', 'waiting_since', 'snoozed_until', 'statistics']) {
      const same = field === 'statistics' ? 'count_reopens' : null;
      assert.deepEqual(
        same ? conversation[field][same] : conversation[field],
        same ? before[field][same] : before[field],
      );
    }
    assert.equal((await eventsOf(id)).length, count);
  });
}

for (const state of ['open', 'closed'] as const) {
  test(`admin quick_reply, ${state}: has body null and its options in metadata`, async () => {
    const { id, fields } = await openWithMessage(state);
    const options = [
      { text: 'Yes', uuid: `yes_${id}` },
      { text: 'No & never', uuid: 42 },
    ];
    const said = { message_type: 'quick_reply', ...admin, reply_options: options };
    const { conversation, part } = taken(await reply(id, said));
    assert.deepEqual([part.part_type, part.body, conversation.state], ['quick_reply', null, state]);
    assert.deepEqual(part.metadata.quick_reply_options, [
      { text: 'Yes', uuid: `yes_${id}` },
      { text: 'No & never', uuid: '42' },
    ]);
    const event = (await eventsOf(id)).at(-1);
    assert.equal(event.event_name, 'quick_replies_presented');
    assert.deepEqual(event.quick_reply_options[1], { id: '42', uuid: '42', text: 'No & never' });
    const click = { ...fields, quick_reply_option_id: '42' };
    assert.equal((await notify('quick_reply_selected', click)).status, 200);
    const read = (await call('GET', `/conversations/${id}?display_as=plaintext`)).body;
    assert.equal(read.conversation_parts.conversation_parts.at(-1).body, 'No & never');
  });
}

test('admin quick_reply with a body: shows it above the buttons, ends waiting', async () => {
  const { id } = await openWithMessage();
  const said = { message_type: 'quick_reply', ...admin, body: 'Which one?' };
  const options = [{ text: 'A', uuid: 'a' }];
  const { conversation, part } = taken(await reply(id, { ...said, reply_options: options }));
  assert.deepEqual([part.body, conversation.waiting_since], ['<p>Which one?</p>', null]);
});

test('close with a body: adds a close part, sends its text and the status', async () => {
  const { id } = await openWithMessage();
  const { conversation, part } = taken(
    await manage(id, { message_type: 'close', ...admin, body: 'Bye' }),
  );
  assert.deepEqual([part.part_type, part.body], ['close', '<p>Bye</p>']);
  assert.deepEqual(
    [conversation.state, conversation.open, conversation.waiting_since],
    ['closed', false, null],
  );
  const events = await eventsOf(id);
  assert.deepEqual(namesOf(events), ['new_message', 'status_updated']);
  assert.equal(events[1].status, 'closed');
});

test('close without a body: adds a close part with body null, sends one event', async () => {
  const { id } = await openWithMessage();
  const { part } = taken(await manage(id, { message_type: 'close', ...admin }));
  assert.deepEqual([part.part_type, part.body, part.state], ['close', null, 'closed']);
  assert.deepEqual(namesOf(await eventsOf(id)), ['status_updated']);
});

test('snooze: adds a snoozed part with body null and sets snoozed_until', async () => {
  const { id } = await openWithMessage();
  const until = inSeconds(7200);
  const body = { message_type: 'snoozed', admin_id: me, snoozed_until: until };
  const { conversation, part } = taken(await manage(id, body));
  assert.deepEqual([part.part_type, part.body], ['snoozed', null]);
  assert.deepEqual(
    [conversation.state, conversation.open, conversation.snoozed_until],
    ['snoozed', true, until],
  );
  const [event] = await eventsOf(id);
  assert.deepEqual(
    [event.status, event.snoozed_until],
    ['snoozed', new Date(until * 1000).toISOString()],
  );
});

for (const state of ['closed', 'snoozed'] as const) {
  test(`open of a ${state} conversation: adds an open part with body null, marks it read`, async () => {
    const { id } = await openWithMessage(state);
    const count = (await eventsOf(id)).length;
    const { conversation, part } = taken(await manage(id, { message_type: 'open', admin_id: me }));
    assert.deepEqual([part.part_type, part.body], ['open', null]);
    assert.deepEqual(
      [conversation.state, conversation.open, conversation.read, conversation.snoozed_until],
      ['open', true, true, null],
    );
    const [event] = await eventsOf(id, count);
    assert.deepEqual([event.event_name, event.status], ['status_updated', 'open']);
  });
}

test('assignment of a closed conversation: reopens it and sets the assignee', async () => {
  const { id } = await openWithMessage('closed');
  const to = { message_type: 'assignment', ...admin, assignee_id: String(second!.id) };
  const { conversation, part } = taken(await manage(id, to));
  assert.equal(part.part_type, 'assign_and_reopen');
  assert.deepEqual(part.assigned_to, { type: 'admin', id: String(second!.id) });
  assert.deepEqual([conversation.state, conversation.admin_assignee_id], ['open', second!.id]);
  const events = await eventsOf(id, 1);
  assert.deepEqual(namesOf(events), ['status_updated', 'conversation_assigned']);
  assert.deepEqual(events[1].assignee, { type: 'admin', id: String(second!.id), name: 'Second' });
});

test('assignment: sets teammate and team; 0 removes the assignee', async () => {
  const { id } = await openWithMessage();
  const to = { message_type: 'assignment', admin_id: Number(me) };
  const first = taken(await manage(id, { ...to, type: 'admin', assignee_id: second!.id }));
  assert.deepEqual([first.part.part_type, first.part.body], ['assignment', null]);
  const body = 'Orders will look at it.';
  const next = await manage(id, { ...to, type: 'team', assignee_id: String(team!.id), body });
  const { conversation, part } = taken(next);
  assert.deepEqual(
    [conversation.admin_assignee_id, conversation.team_assignee_id],
    [second!.id, team!.id],
  );
  assert.deepEqual(part.assigned_to, { type: 'team', id: String(team!.id) });
  assert.deepEqual(namesOf(await eventsOf(id)), [
    'conversation_assigned',
    'new_message',
    'conversation_assigned',
  ]);
  for (const none of ['0', 0]) {
    const freed = taken(await manage(id, { ...to, type: 'admin', assignee_id: none }));
    assert.deepEqual(
      [
        freed.conversation.admin_assignee_id,
        freed.conversation.team_assignee_id,
        freed.part.assigned_to,
      ],
      [null, null, null],
    );
  }
});

test('same state again: closing or opening twice gets 200 and changes nothing', async () => {
  const { id } = await openWithMessage();
  const opened = taken(await manage(id, { message_type: 'open', admin_id: me }));
  assert.equal(opened.conversation.conversation_parts.total_count, 1);
  await manage(id, { message_type: 'close', ...admin });
  const closed = taken(await manage(id, { message_type: 'close', ...admin }));
  assert.equal(closed.conversation.conversation_parts.total_count, 2);
  assert.deepEqual(namesOf(await eventsOf(id)), ['status_updated']);
});

for (const key of ['intercom_user_id', 'user_id', 'email'] as const) {
  test(`contact reply by ${key}: reopens a closed conversation, which waits again`, async () => {
    const { id, contact, contactId } = await openWithMessage('closed');
    const value = {
      intercom_user_id: contactId,
      user_id: contact.external_id,
      email: contact.email.toUpperCase(),
    }[key];
    const said = { message_type: 'comment', type: 'user', [key]: value, body: 'And now?' };
    const { conversation, part } = taken(await reply(id, said));
    assert.deepEqual([part.part_type, part.body], ['open', '<p>And now?</p>']);
    assert.deepEqual([part.author.type, part.author.id], ['user', contactId]);
    assert.deepEqual(
      [conversation.state, conversation.open, conversation.read],
      ['open', true, true],
    );
    assert.ok(
      conversation.waiting_since >= conversation.created_at &&
        conversation.first_contact_reply !== null,
    );
    assert.equal(conversation.statistics.count_reopens, 1);
    // The app's own user wrote through REST: the app gets the state, but not the words back.
    assert.deepEqual(namesOf(await eventsOf(id)), ['status_updated', 'status_updated']);
  });
}

test('contact reply to `last`: goes to the contact’s newest conversation', async () => {
  const { contact, id } = await open();
  const newer = { external_conversation_id: `newer_${nextNumber()}`, contact };
  const { conversation_id: newest } = (await notify('new_conversation', newer)).body;
  const said = { message_type: 'comment', type: 'user', body: 'Me again' };
  const { conversation } = taken(await reply('last', { ...said, user_id: contact.external_id }));
  assert.equal(conversation.id, newest);
  assert.notEqual(conversation.id, id);
  rejected(
    await reply('last', { ...said, email: contact.email }),
    400,
    'parameter_invalid',
    'intercom_user_id',
  );
  rejected(await reply('last', { ...said, user_id: 'nobody' }), 404, 'not_found', 'user_id');
  const noted = { message_type: 'comment', ...admin, body: 'x' };
  rejected(await reply('last', noted), 404, 'not_found', null);
});

test('contact reply: gets 422 for another contact, 404 for an unknown one', async () => {
  const { id } = await open();
  const other = await open();
  const said = { message_type: 'comment', type: 'user', body: 'Let me in' };
  const response = await reply(id, { ...said, intercom_user_id: other.contactId });
  rejected(response, 422, 'data_invalid', null);
  const byMail = await reply(id, { ...said, email: other.contact.email });
  rejected(byMail, 404, 'not_found', 'email');
  const unknown = await reply(id, { ...said, user_id: 'never seen' });
  rejected(unknown, 404, 'not_found', 'user_id');
  const { body } = await call('GET', `/conversations/${id}`);
  assert.equal(body.conversation_parts.total_count, 0);
});

test('contact reply of a blocked contact: gets 400 not_restorable', async () => {
  const { id, contactId } = await open();
  await database.sql('update contacts set blocked_at = now() where id = $1', [contactId]);
  const said = { message_type: 'comment', type: 'user', intercom_user_id: contactId, body: 'x' };
  rejected(await reply(id, said), 400, 'not_restorable', null);
});

test('GET /admins and /teams: list all with their teams; unknown ids get 404', async () => {
  const { body: list } = await call('GET', '/admins');
  assert.equal(list.type, 'admin.list');
  assert.deepEqual(
    list.admins.map(({ id, team_ids: teams }: { id: string; team_ids: number[] }) => [id, teams]),
    [
      [me, []],
      [String(second!.id), [team!.id]],
    ],
  );
  const one = await call('GET', `/admins/${second!.id}`);
  assert.deepEqual(one.body, list.admins[1]);
  const { body: teams } = await call('GET', '/teams');
  assert.deepEqual([teams.type, teams.teams.length], ['team.list', 1]);
  assert.deepEqual(teams.teams[0].admin_ids, [second!.id]);
  assert.deepEqual((await call('GET', `/teams/${team!.id}`)).body, teams.teams[0]);
  for (const id of ['999', 'x', '0', '-1', '99999999999999999999']) {
    rejected(await call('GET', `/admins/${id}`), 404, 'admin_not_found', null);
    rejected(await call('GET', `/teams/${id}`), 404, 'team_not_found', null);
  }
});

test('documented responses: fit the schemas of each of these endpoints', async () => {
  const document: OpenApiDocument = (await call('GET', '/openapi.json')).body;
  const compile = openDocumentedSchemas(document);
  const { id, fields } = await openWithMessage();
  const body = { message_type: 'note', ...admin, body: 'x' };
  const external = fields.external_conversation_id;
  const responses: [string, string, ApiResponse][] = [
    ['post', '/conversations/{id}/reply', await reply(id, body)],
    ['post', '/conversations/{id}/parts', await manage(id, { message_type: 'close', ...admin })],
    ...(await Promise.all(
      [
        ['/admins', '/admins'],
        ['/admins/{id}', `/admins/${me}`],
        ['/teams', '/teams'],
        ['/teams/{id}', `/teams/${team!.id}`],
        ['/parley/v1/conversations/{id}/state', `/parley/v1/conversations/${id}/state`],
        ['/parley/v1/conversations/{id}/trace', `/parley/v1/conversations/${id}/trace`],
        [
          '/parley/v1/conversations/external/{id}/state',
          `/parley/v1/conversations/external/${external}/state`,
        ],
      ].map(async ([path, url]): Promise<[string, string, ApiResponse]> => {
        return ['get', path!, await call('GET', url!)];
      }),
    )),
  ];
  for (const [method, path, response] of responses) {
    const described = document.paths[path]![method]!.responses[String(response.status)]!;
    const validate = compile(described.content['application/json']!.schema!);
    assert.equal(response.status, 200, path);
    assert.ok(validate(response.body), `${path}: ${JSON.stringify(validate.errors)}`);
  }
});

test('database unavailable: 503 says what was done, without naming event_id', async () => {
  const { id } = await open();
  const { database: name } = database.target;
  await database.sql(`alter database ${name} connection limit 0`);
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  const response = await reply(id, { message_type: 'comment', ...admin, body: 'x' });
  await database.sql(`alter database ${name} connection limit -1`);
  rejected(response, 503, 'service_unavailable', null);
  assert.match(response.body.errors[0].message, /nothing was done: retry/);
});
