// The audit log: who did what, when and from where; over the API and on the command line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../../../src/base/random.ts';
import { startTestParley } from '../../../../test/support/server.ts';

const { call, notify, database } = await startTestParley({
  PARLEY_TRUSTED_PROXIES: '127.0.0.1',
});

const token = 'parley_operations_token_0123456789';
const [stored] = await database.sql<{ id: number }>(
  `insert into access_tokens (workspace_id, admin_id, name, token_hash, token_hint, scopes)
   values (1, 1, 'operations', decode($1, 'hex'), '6789', '{read,write,manage}') returning id`,
  [sha256Hex(token)],
);
const operator = { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.7' };
const audit = (query = '') => call('GET', `/parley/v1/audit${query}`, undefined, operator);

test('audit: a command’s entry names admin, token, address, object and time', async () => {
  const { body: tag } = await call('POST', '/tags', { name: 'VIP' }, operator);
  const { body } = await audit('?object=tag');
  const [entry] = body.data;
  assert.deepEqual(
    { ...entry, id: null, created_at: null },
    {
      type: 'audit_entry',
      id: null,
      created_at: null,
      actor: { type: 'admin', id: '1', token: { id: String(stored!.id), name: 'operations' } },
      source: '192.0.2.7',
      action: 'tag.created',
      object: { type: 'tag', id: tag.id },
      related_id: null,
      before: null,
      after: { name: 'VIP' },
      details: null,
    },
  );
  assert.ok(Math.abs(Date.parse(entry.created_at) - Date.now()) < 60_000);
});

test('audit: deletions through the engine have the token and the address, too', async () => {
  const { body: ids } = await notify('new_conversation');
  await call('DELETE', `/conversations/${ids.conversation_id}`, undefined, operator);
  await call('DELETE', `/contacts/${ids.contact_id}`, undefined, operator);
  for (const object of [`conversation:${ids.conversation_id}`, `contact:${ids.contact_id}`]) {
    const { body } = await audit(`?object=${object}`);
    const [entry] = body.data;
    assert.match(entry.action, /\.deleted$/);
    assert.deepEqual([entry.actor.token.name, entry.source], ['operations', '192.0.2.7']);
  }
});

test('audit: filters by actor, action and time', async () => {
  await call('POST', '/tags', { name: 'by the channel' });
  const mine = (await audit(`?actor=token:${stored!.id}&action=tag.created`)).body.data;
  assert.equal(mine.length, 1);
  const all = (await audit('?actor=admin:1&action=tag.created')).body.data;
  assert.equal(all.length, 2);
  assert.deepEqual((await audit('?since=2999-01-01')).body.data, []);
  assert.deepEqual((await audit('?actor=command_line')).body.data, []);
});

test('audit: cursors lead through all entries once, while others come', async () => {
  for (let n = 0; n < 7; n += 1) await call('POST', '/tags', { name: `paged ${n}` }, operator);
  const total = (await audit('?per_page=150')).body.data.length;
  const seen: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const { body } = await audit(`?per_page=3&starting_after=${next}`);
    seen.push(...body.data.map(({ id }: { id: string }) => id));
    next = body.next;
    await call('POST', '/tags', { name: `new ${seen.length}` }, operator);
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, total);
});

test('audit: rejects wrong filters, and takes hostile ones for unknown', async () => {
  for (const wrong of [
    'since=yesterday',
    'since=2026-99-99',
    'actor=token:x',
    'per_page=0',
    'per_page=151',
    'starting_after=abc',
    'object=a&object=b',
  ]) {
    assert.equal((await audit(`?${wrong}`)).status, 400, wrong);
  }
  for (const odd of [
    'object=%00',
    'actor=admin:%00',
    `action=${'x'.repeat(3000)}`,
    'actor=%F0%9F',
  ]) {
    assert.deepEqual((await audit(`?${odd}`)).body.data, [], odd);
  }
  assert.equal((await call('GET', '/parley/v1/audit')).status, 403);
});

/** Returns what the newest entry of an action says has changed. */
async function changeOf(action: string) {
  const [entry] = (await audit(`?action=${action}&per_page=1`)).body.data;
  return [entry.before, entry.after];
}

test('audit: entries of REST calls say what changed', async () => {
  const { body: tag } = await call('POST', '/tags', { name: 'Before' });
  await call('POST', '/tags', { id: tag.id, name: 'After' });
  assert.deepEqual(await changeOf('tag.renamed'), [{ name: 'Before' }, { name: 'After' }]);
  await call('DELETE', `/tags/${tag.id}`);
  assert.deepEqual(await changeOf('tag.deleted'), [{ name: 'After' }, null]);

  const attribute = { name: 'size', model: 'contact', data_type: 'string' };
  const { body: made } = await call('POST', '/data_attributes', attribute);
  const [, created] = await changeOf('data_attribute.created');
  assert.deepEqual(created, {
    ...attribute,
    description: null,
    options: [],
    messenger_writable: false,
    archived: false,
  });
  await call('PUT', `/data_attributes/${made.id}`, { description: 'Of shoes' });
  assert.deepEqual(await changeOf('data_attribute.updated'), [
    { description: null },
    { description: 'Of shoes' },
  ]);

  const fields = { company_id: 'acme', name: 'Acme', plan: 'free' };
  const { body: company } = await call('POST', '/companies', fields);
  await call('POST', '/companies', { ...fields, plan: 'gold', custom_attributes: { a: 'b' } });
  assert.deepEqual(await changeOf('company.updated'), [{ plan: 'free' }, { plan: 'gold' }]);
  await call('DELETE', `/companies/${company.id}`);
  assert.deepEqual(await changeOf('company.deleted'), [{ ...fields, plan: 'gold' }, null]);

  const away = { away_mode_enabled: true, away_mode_reassign: false };
  await call('PUT', '/admins/1/away', away);
  assert.deepEqual(await changeOf('admin.away_mode_changed'), [
    { away_mode_enabled: false },
    { away_mode_enabled: true },
  ]);
});

test('audit: sending waiting events now names what was sent', async () => {
  const { body: ids } = await notify('new_conversation');
  const { conversation_id: id } = ids;
  assert.equal((await call('POST', '/parley/v1/events/send_now', {})).status, 200);
  await call('POST', '/parley/v1/events/send_now', { conversation_id: id });
  await call('POST', '/parley/v1/events/send_now', { conversation_id: '999' });
  const { data } = (await audit('?action=event.send_now_requested')).body;
  assert.deepEqual(
    data.map(({ object, details, actor }: Record<string, unknown>) => [object, details, actor]),
    [{ conversation_id: id }, {}].map((details) => [
      { type: 'channel', id: '1' },
      details,
      data[0].actor,
    ]),
  );
  assert.equal(data[0].actor.type, 'admin');
});

test('audit: the token of a server’s start has an entry, once', async () => {
  const { data } = (await audit('?actor=server&action=token.created')).body;
  assert.equal(data.length, 1);
  assert.equal(data[0].source, 'start');
  assert.equal(data[0].after.name, 'PARLEY_BOOTSTRAP_TOKEN');
});
