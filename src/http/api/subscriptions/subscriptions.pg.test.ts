// Segments and subscriptions over a real socket: through the official SDK as it is, and on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient } from 'intercom-client';
import { startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });

async function addContact(type: 'user' | 'lead', name: string): Promise<string> {
  const contact = { type, external_id: name, name, email: `${name}@example.com` };
  return (await notify('new_conversation', { contact })).body.contact_id;
}

test('SDK: segments are there from the start, found, and counted on demand', async () => {
  await addContact('user', 'counted_user');
  await addContact('lead', 'counted_lead');
  const { segments } = await client.segments.list();
  assert.deepEqual(
    segments!.map(({ id, name, person_type, count }) => [id, name, person_type, count]),
    [
      ['1', 'All users', 'user', null],
      ['2', 'All leads', 'contact', null],
    ],
  );
  const counted = await client.segments.list({ include_count: true });
  assert.ok(counted.segments!.every(({ count }) => count! >= 1));
  assert.equal((await client.segments.find({ segment_id: '2' })).name, 'All leads');
  for (const unknown of ['3', '0', 'abc', '%00']) {
    assert.equal((await call('GET', `/segments/${unknown}`)).status, 404, unknown);
  }
  await assert.rejects(client.segments.find({ segment_id: '99' }), Intercom.NotFoundError);
});

test('SDK: a contact is in the segment of its role', async () => {
  const contact_id = await addContact('lead', 'segmented');
  const idsOf = async () =>
    (await client.contacts.listAttachedSegments({ contact_id })).data!.map(({ id }) => id);
  assert.deepEqual(await idsOf(), ['2']);
  await call('PUT', `/contacts/${contact_id}`, { role: 'user' });
  assert.deepEqual(await idsOf(), ['1']);
  for (const unknown of ['ffffffffffffffffffffffff', 'abc']) {
    const { status, body } = await call('GET', `/contacts/${unknown}/segments`);
    assert.deepEqual([status, body.errors[0].message], [404, 'User Not Found']);
  }
});

test('SDK: a contact opts out, shows it, and opts in again', async () => {
  const contact_id = await addContact('user', 'subscriber');
  const [type] = (await client.subscriptionTypes.list()).data!;
  const attach = { contact_id, id: type!.id!, consent_type: 'opt_out' };
  assert.deepEqual(await client.contacts.attachSubscription(attach), type);
  // A second time changes nothing.
  const before = await client.contacts.find({ contact_id });
  await client.contacts.attachSubscription(attach);
  assert.deepEqual(await client.contacts.find({ contact_id }), before);
  assert.deepEqual((await client.contacts.listAttachedSubscriptions({ contact_id })).data, [type]);
  const shown = before as unknown as {
    opted_out_subscription_types: { total_count: number; data: object[] };
    opted_in_subscription_types: { total_count: number };
  };
  assert.deepEqual(shown.opted_out_subscription_types.data, [
    { type: 'subscription', id: '1', url: '/subscriptions/1' },
  ]);
  assert.equal(shown.opted_out_subscription_types.total_count, 1);
  assert.equal(shown.opted_in_subscription_types.total_count, 0);
  const detach = { contact_id, subscription_id: '1' };
  assert.deepEqual(await client.contacts.detachSubscription(detach), type);
  assert.deepEqual((await client.contacts.listAttachedSubscriptions({ contact_id })).data, []);
  assert.deepEqual(await client.contacts.detachSubscription(detach), type);
});

test('subscriptions: wrong ids and consents are rejected; ids may be numbers', async () => {
  const path = `/contacts/${await addContact('user', 'careful')}/subscriptions`;
  const consent_type = 'opt_out';
  const statusOf = async (method: string, to: string, body?: unknown) =>
    (await call(method, to, body)).status;
  assert.equal(await statusOf('POST', path, { id: 1, consent_type }), 200);
  assert.equal(await statusOf('POST', path, { id: 'invalid_id', consent_type }), 404);
  assert.equal(await statusOf('POST', path, { id: '1', consent_type: 'maybe' }), 400);
  assert.equal(await statusOf('POST', path, { id: '1' }), 400);
  assert.equal(await statusOf('DELETE', `${path}/7`, {}), 404);
  // Ruby sends a body on every DELETE.
  assert.equal(await statusOf('DELETE', `${path}/1`, { id: '1' }), 200);
  const unknown = '/contacts/ffffffffffffffffffffffff/subscriptions';
  assert.equal(await statusOf('GET', unknown), 404);
  assert.equal(await statusOf('POST', unknown, { id: '1', consent_type }), 404);
  assert.equal(await statusOf('DELETE', `${unknown}/1`), 404);
});

test('subscriptions: what a lead opted out of, the user it is merged into has', async () => {
  const [lead, user] = [await addContact('lead', 'out'), await addContact('user', 'into')];
  await call('POST', `/contacts/${lead}/subscriptions`, { id: '1', consent_type: 'opt_out' });
  const merged = await call('POST', '/contacts/merge', { from: lead, into: user });
  assert.equal(merged.status, 200);
  const { body } = await call('GET', `/contacts/${user}/subscriptions`);
  assert.deepEqual(
    body.data.map(({ id }: { id: string }) => id),
    ['1'],
  );
});
