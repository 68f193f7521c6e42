// Invalid requests of POST /conversations/{id}/reply and /parts (missing, wrong, huge and hostile input, ids of another
// workspace) get an error and leave no trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiResponse, addWorkspace, person, startTestParley } from '../support/server.ts';

const { call, notify, database, url, token } = await startTestParley();
const otherWorkspace = await addWorkspace(database, 'other');
const asOtherWorkspace = { authorization: `Bearer ${otherWorkspace.token}` };

const contact = person('the_writer');
const made = await notify('new_conversation', { external_conversation_id: 'errors', contact });
const id: string = made.body.conversation_id;
const me: string = (await call('GET', '/me')).body.id;
const theirs = await call(
  'POST',
  '/custom_channel_events/notify_new_conversation',
  { event_id: 'theirs', external_conversation_id: 'theirs', contact: person('their_writer') },
  asOtherWorkspace,
);
const [theirAdmin] = await database.sql<{ id: number }>(
  'select id from admins where workspace_id = $1',
  [otherWorkspace.workspaceId],
);

const stateOfAll = async () =>
  JSON.stringify([
    await database.sql('select * from conversations order by id'),
    await database.sql('select * from conversation_parts'),
    await database.sql('select * from conversation_signals'),
    await database.sql('select * from outbound_events'),
    await database.sql('select * from quick_reply_options'),
  ]);
const untouched = await stateOfAll();

const reply = (body: unknown, path = id) => call('POST', `/conversations/${path}/reply`, body);
const manage = (body: unknown, path = id) => call('POST', `/conversations/${path}/parts`, body);
const faults = ({ body }: ApiResponse): [string, string | null][] =>
  body.errors.map(({ code, field }: { code: string; field: string | null }) => [code, field]);

const admin = { type: 'admin', admin_id: me };
const comment = { message_type: 'comment', ...admin, body: 'x' };
const option = { text: 'Yes', uuid: 'yes' };
const choice = { message_type: 'quick_reply', ...admin, reply_options: [option] };
const assignment = { message_type: 'assignment', ...admin };
const said = { message_type: 'comment', type: 'user', user_id: contact.external_id, body: 'x' };
const snoozed = { message_type: 'snoozed', admin_id: me };
const later = Math.floor(Date.now() / 1000) + 60;

type Case = readonly [string, object | null, number, readonly [string, string | null][]];
const missing = (...fields: string[]): [string, string][] =>
  fields.map((field) => ['parameter_invalid', field]);

const replies: readonly Case[] = [
  ['nothing', {}, 400, missing('type', 'message_type')],
  ['an array', [], 422, [['type_mismatch', null]]],
  ['null', null, 422, [['type_mismatch', null]]],
  [
    'admin without id and body',
    { message_type: 'note', type: 'admin' },
    400,
    missing('admin_id', 'body'),
  ],
  ['blank body', { ...comment, body: ' \n\u0000 ' }, 400, missing('body')],
  ['body null', { ...comment, body: null }, 400, missing('body')],
  ['body a number', { ...comment, body: 5 }, 422, [['type_mismatch', 'body']]],
  ['body too long', { ...comment, body: 'x'.repeat(100_001) }, 400, missing('body')],
  ['unknown type', { ...comment, type: 'bot' }, 400, missing('type')],
  ['unknown message_type', { ...comment, message_type: 'shout' }, 400, missing('message_type')],
  ['admin_id an object', { ...comment, admin_id: {} }, 422, [['type_mismatch', 'admin_id']]],
  ['admin_id with NUL', { ...comment, admin_id: '1\u0000' }, 400, missing('admin_id')],
  ['admin_id 1.5', { ...comment, admin_id: 1.5 }, 422, [['type_mismatch', 'admin_id']]],
  ['quick_reply without options', { ...choice, reply_options: [] }, 400, missing('reply_options')],
  ['options null', { ...choice, reply_options: null }, 400, missing('reply_options')],
  [
    'an option without uuid',
    { ...choice, reply_options: [{ text: 'x' }] },
    400,
    missing('reply_options.0.uuid'),
  ],
  [
    'an option without text',
    { ...choice, reply_options: [{ uuid: 'x' }] },
    400,
    missing('reply_options.0.text'),
  ],
  [
    'an option that is none',
    { ...choice, reply_options: ['x'] },
    422,
    [['type_mismatch', 'reply_options.0']],
  ],
  [
    'the same uuid twice',
    { ...choice, reply_options: [option, option] },
    400,
    missing('reply_options'),
  ],
  ['51 options', { ...choice, reply_options: manyOptions(51) }, 400, missing('reply_options')],
  [
    'a very long option',
    { ...choice, reply_options: [{ text: 'x'.repeat(256), uuid: 'x' }] },
    400,
    missing('reply_options.0.text'),
  ],
  [
    'an attachment URL of another kind',
    { ...comment, attachment_urls: ['file:///etc/passwd'] },
    400,
    missing('attachment_urls.0'),
  ],
  [
    'a file without a name',
    { ...said, attachment_files: [{ data: 'eA==' }] },
    400,
    missing('attachment_files.0.name'),
  ],
  [
    'a file that is not base64',
    { ...said, attachment_files: [{ name: 'x', data: '@@' }] },
    400,
    missing('attachment_files.0.data'),
  ],
  [
    'eleven attachment URLs',
    { ...comment, attachment_urls: Array(11).fill('https://example.com/a.png') },
    400,
    missing('attachment_urls'),
  ],
  [
    'an unknown upload',
    { ...comment, upload_ids: ['\u0000'] },
    404,
    [['not_found', 'upload_ids.0']],
  ],
  ['a note by a contact', { ...said, message_type: 'note' }, 400, missing('message_type')],
  [
    'a quick_reply by a contact without a choice',
    { message_type: 'quick_reply', type: 'user', user_id: 'x' },
    400,
    missing('reply_options'),
  ],
  [
    'a choice of two options',
    { ...said, reply_options: [option, { text: 'No', uuid: 'no' }] },
    400,
    missing('reply_options'),
  ],
  [
    'a choice that was never offered',
    { ...said, reply_options: [option] },
    422,
    [['data_invalid', 'reply_options.0.uuid']],
  ],
  ['a close by a contact', { ...said, message_type: 'close' }, 400, missing('message_type')],
  ['a comment by a team', { ...comment, type: 'team' }, 400, missing('type')],
  ['close without an admin', { message_type: 'close', type: 'admin' }, 400, missing('admin_id')],
  ['written before 1970', { ...comment, created_at: -1 }, 400, missing('created_at')],
  ['written in milliseconds', { ...said, created_at: 1e15 }, 400, missing('created_at')],
  ['written at a word', { ...said, created_at: 'now' }, 422, [['type_mismatch', 'created_at']]],
  ['a contact without a name', { ...said, user_id: '' }, 400, missing('user_id')],
  ['no contact at all', { ...said, user_id: undefined }, 400, missing('intercom_user_id')],
  ['a contact without words', { ...said, body: '' }, 400, missing('body')],
  [
    'an admin id that is none',
    { ...comment, admin_id: 'me' },
    404,
    [['admin_not_found', 'admin_id']],
  ],
  [
    'an admin id of nobody',
    { ...comment, admin_id: '987654321' },
    404,
    [['admin_not_found', 'admin_id']],
  ],
  [
    'an admin id beyond numbers',
    { ...comment, admin_id: '9'.repeat(255) },
    404,
    [['admin_not_found', 'admin_id']],
  ],
  [
    'an admin of another workspace',
    { ...comment, admin_id: theirAdmin!.id },
    404,
    [['admin_not_found', 'admin_id']],
  ],
  [
    'a contact of another workspace',
    { ...said, user_id: 'their_writer' },
    404,
    [['not_found', 'user_id']],
  ],
  [
    'its id',
    { ...said, user_id: undefined, intercom_user_id: theirs.body.contact_id },
    404,
    [['not_found', 'intercom_user_id']],
  ],
];

const changes: readonly Case[] = [
  ['nothing', {}, 400, missing('message_type')],
  ['close without an admin', { message_type: 'close', type: 'admin' }, 400, missing('admin_id')],
  ['close by a team', { message_type: 'close', type: 'team', admin_id: me }, 400, missing('type')],
  ['an unknown change', { message_type: 'delete', ...admin }, 400, missing('message_type')],
  ['snoozed without a time', snoozed, 400, missing('snoozed_until')],
  ['snoozed until now', { ...snoozed, snoozed_until: later - 60 }, 400, missing('snoozed_until')],
  ['snoozed until 1970', { ...snoozed, snoozed_until: -1 }, 400, missing('snoozed_until')],
  [
    'snoozed until a time in milliseconds',
    { ...snoozed, snoozed_until: later * 1000 },
    400,
    missing('snoozed_until'),
  ],
  [
    'snoozed until a word',
    { ...snoozed, snoozed_until: 'tomorrow' },
    400,
    missing('snoozed_until'),
  ],
  [
    'snoozed until a text with an exponent',
    { ...snoozed, snoozed_until: '1e10' },
    400,
    missing('snoozed_until'),
  ],
  [
    'snoozed until a fraction',
    { ...snoozed, snoozed_until: later + 0.5 },
    422,
    [['type_mismatch', 'snoozed_until']],
  ],
  [
    'assignment to nothing',
    { message_type: 'assignment', admin_id: me },
    400,
    missing('type', 'assignee_id'),
  ],
  [
    'assignment to an unknown admin',
    { ...assignment, assignee_id: '987' },
    404,
    [['assignee_not_found', 'assignee_id']],
  ],
  [
    'assignment to a word',
    { ...assignment, assignee_id: 'Ada' },
    404,
    [['assignee_not_found', 'assignee_id']],
  ],
  [
    'assignment to a team that is an admin',
    { ...assignment, type: 'team', assignee_id: me },
    404,
    [['assignee_not_found', 'assignee_id']],
  ],
  [
    'assignment to another workspace',
    { ...assignment, assignee_id: theirAdmin!.id },
    404,
    [['assignee_not_found', 'assignee_id']],
  ],
  [
    'an unknown admin',
    { message_type: 'open', admin_id: '987' },
    404,
    [['admin_not_found', 'admin_id']],
  ],
];

function manyOptions(count: number) {
  return Array.from({ length: count }, (_, index) => ({ text: 'x', uuid: `${index}` }));
}

for (const [what, send, cases] of [
  ['reply', reply, replies],
  ['parts', manage, changes],
] as const) {
  for (const [name, body, status, expected] of cases) {
    test(`${what}, ${name}: gets ${status} that names the field`, async () => {
      const response = await send(body);
      assert.equal(response.status, status, JSON.stringify(response.body));
      assert.deepEqual(faults(response), expected);
    });
  }
}

test('invalid conversation ids: get 404, whatever they look like', async () => {
  const others = [
    ...['0', '-1', '1e3', '0x10', '01', '+1', '1.0', 'NaN', '9'.repeat(16), '9'.repeat(400)],
    ...['%00', '%2e%2e', '%F0%9F%92%A5', 'last%20', 'LAST', "1'--", '1%2Freply', '98765432'],
    theirs.body.conversation_id,
  ];
  for (const path of others) {
    for (const response of [await reply(comment, path), await manage(assignment0, path)]) {
      assert.equal(response.status, 404, `${path}: ${JSON.stringify(response.body)}`);
      assert.deepEqual(faults(response), [['not_found', null]]);
    }
    for (const endpoint of ['state', 'trace']) {
      const response = await call('GET', `/parley/v1/conversations/${path}/${endpoint}`);
      assert.equal(response.status, 404, `${path}: ${JSON.stringify(response.body)}`);
    }
  }
});
const assignment0 = { ...assignment, assignee_id: '0' };

test('deleted conversation: gets 404 from teammate and contact', async () => {
  const fields = { external_conversation_id: 'deleted', contact: person('gone') };
  const { conversation_id: gone } = (await notify('new_conversation', fields)).body;
  await database.sql('update conversations set deleted_at = now() where id = $1', [gone]);
  assert.equal((await reply(comment, gone)).status, 404);
  assert.equal((await manage(assignment0, gone)).status, 404);
  assert.equal((await call('GET', `/parley/v1/conversations/${gone}/state`)).status, 404);
  await database.sql('delete from conversations where id = $1', [gone]);
});

test('invalid body: gets the same errors as at every other endpoint', async () => {
  assert.equal((await reply('{"type":')).status, 400);
  assert.equal((await reply({ ...comment, body: 'x'.repeat(27_000_000) })).status, 413);
  const headers = { authorization: `Bearer ${token}` };
  const path = `${url}/conversations/${id}/reply`;
  const text = { 'content-type': 'text/plain' };
  const asText = await fetch(path, {
    method: 'POST',
    headers: { ...headers, ...text },
    body: 'hello',
  });
  assert.equal(asText.status, 415);
  assert.equal((await fetch(path, { method: 'POST', headers })).status, 400);
});

test('rejected requests: leave no conversation, part, signal, option or event', async () => {
  assert.equal(await stateOfAll(), untouched);
});

test('snoozed: a time that is no whole number gets a message about times', async () => {
  const { body } = await manage({ ...snoozed, snoozed_until: '1e10' });
  assert.match(body.errors[0].message, /unix seconds/);
});
