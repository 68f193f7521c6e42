// The channel of conversations that a token without a channel begins.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../../../src/base/random.ts';
import { nextNumber, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';

const { call, notify, database } = await startTestParley();
const token = 'parley_teammate_token_0123456789';
await database.sql(
  `insert into access_tokens (workspace_id, admin_id, name, token_hash, token_hint, scopes)
   values (1, 1, 'teammate', decode($1, 'hex'), '6789', '{read,write}')`,
  [sha256Hex(token)],
);
const asTeammate = { authorization: `Bearer ${token}` };
const send = (path: string, body: object) => call('POST', path, body, asTeammate);

async function someone(): Promise<string> {
  return (await call('POST', '/contacts', { external_id: `reached_${nextNumber()}` })).body.id;
}

const message = (id: string, fields: object = {}) => ({
  from: { type: 'admin', id: '1' },
  to: { type: 'user', id },
  body: 'Hello',
  ...fields,
});

const channelOf = async ({
  status,
  body,
}: {
  status: number;
  body: { conversation_id: string };
}) => {
  assert.equal(status, 200, JSON.stringify(body));
  const [row] = await database.sql<{ name: string }>(
    `select c.name from conversations v join channels c on c.id = v.channel_id where v.id = $1`,
    [Number(body.conversation_id)],
  );
  return row!.name;
};

const fault = ({ status, body }: { status: number; body: { errors: { field: string }[] } }) => [
  status,
  body.errors[0]!.field,
];

test('channel: the only one is taken, for a teammate and for a contact', async () => {
  const id = await someone();
  assert.equal(await channelOf(await send('/messages', message(id))), 'default');
  const begun = { from: { type: 'user', id }, body: 'Hello' };
  assert.equal(await channelOf(await send('/conversations', begun)), 'default');
});

test('channel: of several, the one where the contact last was, or the named one', async () => {
  const known = await notify('new_conversation');
  const id = known.body.contact_id as string;
  await database.sql(`insert into channels (workspace_id, name) values (1, 'shop')`);
  const fresh = await someone();
  await until('the server knows the new channel', async () => {
    const named = await send('/messages', message(fresh, { channel: 'shop' }));
    return named.status === 200 && (await channelOf(named)) === 'shop';
  });
  assert.equal(await channelOf(await send('/messages', message(fresh))), 'shop');
  assert.equal(await channelOf(await send('/messages', message(id))), 'default');
  const begun = { from: { type: 'user', id: fresh }, body: 'Hello', channel: 'default' };
  assert.equal(await channelOf(await send('/conversations', begun)), 'default');
});

test('channel: a contact who was nowhere needs a name, and the response lists them', async () => {
  const id = await someone();
  const rejected = await send('/messages', message(id));
  assert.deepEqual(fault(rejected), [400, 'channel']);
  assert.match(rejected.body.errors[0].message, /Channels: "default", "shop"/);
  for (const channel of ['nowhere', 'shop\u0000x', '\ud800', '__proto__', 'x'.repeat(200)]) {
    assert.deepEqual(fault(await send('/messages', message(id, { channel }))), [400, 'channel']);
  }
  assert.equal((await send('/messages', message(id, { channel: 'x'.repeat(300) }))).status, 400);
  assert.equal((await send('/messages', message(id, { channel: { a: 1 } }))).status, 422);
  assert.deepEqual(fault(await send('/messages', message(id, { channel: '' }))), [400, 'channel']);
});

test('channel: a token of a channel begins conversations there alone', async () => {
  const id = await someone();
  const rejected = await call('POST', '/messages', message(id, { channel: 'shop' }));
  assert.deepEqual(fault(rejected), [400, 'channel']);
  const own = await call('POST', '/messages', message(id, { channel: 'default' }));
  assert.equal(await channelOf(own), 'default');
});

test('channel: disabled ones count for nothing', async () => {
  const id = await someone();
  await database.sql(`update channels set is_enabled = false where name = 'shop'`);
  await until('the server knows the switch', async () => {
    const sent = await send('/messages', message(id));
    return sent.status === 200 && (await channelOf(sent)) === 'default';
  });
  await database.sql('update channels set is_enabled = false');
  await until('none is left', async () => {
    const sent = await send('/messages', message(id));
    return sent.status === 404 && sent.body.errors[0].message === 'Integration not found';
  });
});
