// Lists and searches of contacts over a real socket: through the official SDK as it is, and on the wire where the SDK
// hides it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Intercom, IntercomClient } from 'intercom-client';
import { nextNumber, startTestParley } from '../../../../test/support/server.ts';
import { openPool } from '../../../database/pool.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });

/** Creates a contact. @returns its id. */
async function meet(contact: object = {}): Promise<{ id: string; externalId: string }> {
  const externalId = `met_${nextNumber()}`;
  const { body } = await notify('new_conversation', {
    external_conversation_id: externalId,
    contact: { type: 'lead', external_id: externalId, ...contact },
  });
  return { id: body.contact_id, externalId };
}

/** Searches. @returns the ids that it finds, newest first. */
async function find(query: unknown): Promise<string[]> {
  const pages = await client.contacts.search({ query: query as Intercom.SearchRequest.Query });
  return pages.data.map(({ id }) => id!);
}

const is = (field: string, value: unknown) => ({ field, operator: '=', value });
const within = (ids: readonly string[], ...filters: readonly object[]) => ({
  operator: 'AND',
  value: [{ field: 'id', operator: 'IN', value: ids }, ...filters],
});

test('contact list: is newest first, paged by cursor and number, with full contacts', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.unshift((await meet()).id);
  const first = (await call('GET', '/contacts?per_page=2')).body;
  assert.equal(first.type, 'list');
  assert.deepEqual(
    first.data.map(({ id }: { id: string }) => id),
    ids.slice(0, 2),
  );
  assert.deepEqual(first.data[0], (await call('GET', `/contacts/${ids[0]}`)).body);
  assert.equal(first.pages.next.page, 2);
  for (const way of [`starting_after=${first.pages.next.starting_after}`, 'page=2']) {
    const { data, pages } = (await call('GET', `/contacts?per_page=2&${way}`)).body;
    assert.equal(data[0].id, ids[2]);
    assert.deepEqual([pages.page, pages.per_page], [2, 2]);
  }
  const beyond = await call('GET', '/contacts?page=1000');
  assert.deepEqual([beyond.status, beyond.body.data], [200, []]);
  assert.equal((await call('GET', '/contacts')).body.pages.per_page, 50);
});

test('contact search: finds a new contact at once by each of its fields', async () => {
  const { id, externalId } = await meet({
    type: 'user',
    name: 'Zoë Ångström',
    email: 'Zoe.A@Mail.Example',
  });
  for (const query of [
    is('external_id', externalId),
    is('email', 'zoe.a@mail.EXAMPLE'),
    is('email_domain', 'mail.example'),
    { field: 'email', operator: '$', value: '@MAIL.example' },
    { field: 'name', operator: '~', value: 'ÅNGST' },
    { field: 'name', operator: '^', value: 'zoë' },
    within([id], is('role', 'user')),
    within([id], is('phone', null), is('tag_id', null)),
    within([id], is('unsubscribed_from_emails', 'false')),
    within([id], { field: 'external_id', operator: 'NIN', value: ['other'] }),
  ]) {
    assert.deepEqual(await find(query), [id], JSON.stringify(query));
  }
  const tag = await client.tags.create({ name: 'Found by tag' });
  await client.tags.tagContact({ contact_id: id, id: tag.id });
  assert.deepEqual(await find(is('tag_id', tag.id)), [id]);
});

test('contact search: a segment has the contacts of its role', async () => {
  const { id: lead } = await meet();
  const { id: user } = await client.contacts.create({ external_id: `met_${nextNumber()}` });
  const among = (...filters: object[]) => find(within([lead, user!], ...filters));
  assert.deepEqual(await among(is('segment_id', '1')), [user]);
  assert.deepEqual(await among(is('segment_id', 2)), [lead]);
  assert.deepEqual(await among({ field: 'segment_id', operator: 'NIN', value: ['1'] }), [lead]);
  assert.deepEqual(await among(is('segment_id', null)), []);
});

test('contact search: an e-mail has one lower case, in every script', async () => {
  for (const email of ['ΟΔΟΣ@example.com', 'İx@example.com', 'ÄB@example.com']) {
    const { id } = await client.contacts.create({ email });
    assert.deepEqual(await find(is('email', email)), [id]);
    assert.deepEqual(await find(is('email', email.toLowerCase())), [id]);
    const { status } = await call('POST', '/contacts', { email: email.toLowerCase() });
    assert.equal(status, 409, email);
  }
});

test('contact search: times are days, and `>` begins at the next midnight', async () => {
  const { id } = await meet();
  const noon = Date.UTC(2020, 0, 1, 12) / 1000;
  await database.sql('update contacts set created_at = to_timestamp($1::float8) where id = $2', [
    noon,
    id,
  ]);
  const day = 86_400;
  const cases: [string, number, boolean][] = [
    ['=', noon, true],
    ['=', noon - 11 * 3600, true],
    ['=', noon + day, false],
    ['>', noon - day, true],
    ['>', noon - 11 * 3600, false],
    ['<', noon + 11 * 3600, false],
    ['<', noon + day, true],
    ['!=', noon + 3600, false],
  ];
  for (const [operator, value, isFound] of cases) {
    const found = await find(within([id], { field: 'created_at', operator, value: String(value) }));
    assert.deepEqual(found, isFound ? [id] : [], `${operator} ${value}`);
  }
});

test('contact search: merged, deleted and archived contacts are not found', async () => {
  for (const gone of [
    'merged_into = $2',
    'deleted_at = now() + $2::int * interval $$1 s$$',
    'archived_at = now() + $2::int * interval $$1 s$$',
  ]) {
    const { id } = await meet();
    await database.sql(`update contacts set ${gone} where id = $1`, [id, '0']);
    assert.deepEqual(await find(is('id', id)), [], gone);
    const { data } = (await call('GET', '/contacts?per_page=150')).body;
    assert.ok(
      data.every((contact: { id: string }) => contact.id !== id),
      gone,
    );
  }
});

test('contact search: a bad field, operator or page is 400', async () => {
  for (const [body, field] of [
    [{ query: is('colour', 'red') }, 'query.field'],
    [{ query: { field: 'name', operator: '<', value: 'a' } }, 'query.operator'],
    [{ query: is('created_at', 'yesterday') }, 'query.value'],
    [{ query: is('id', '1'), pagination: { per_page: 151 } }, 'pagination.per_page'],
    [{ query: is('id', '1'), sort: { field: 'name', order: 'toString' } }, 'sort.order'],
    [{ query: is('id', '1'), sort: { field: 'name', order: '__proto__' } }, 'sort.order'],
    [{ query: is('id', '1'), pagination: { starting_after: 'x' } }, 'pagination.starting_after'],
  ] as const) {
    const response = await call('POST', '/contacts/search', body);
    assert.equal(response.status, 400);
    assert.deepEqual(
      response.body.errors.map((error: { code: string; field: string }) => [
        error.code,
        error.field,
      ]),
      [['parameter_invalid', field]],
    );
  }
  for (const query of ['page=0', 'page=x', 'per_page=-1', 'starting_after=*']) {
    assert.equal((await call('GET', `/contacts?${query}`)).status, 400, query);
  }
});

test('contact paging: the SDK gets each of 10,000 once, sorted by a nullable text', async () => {
  await database.sql(
    `insert into contacts (workspace_id, id, role, name, phone, created_at, updated_at, created_by_signal)
     select 1, lpad(to_hex(n), 24, '0'), 'lead', case when n % 10 > 0 then 'n' || n % 100 end, 'walk',
       now(), now(), n
     from generate_series(1, 10000) as n`,
  );
  for (const order of ['ascending', 'descending']) {
    const names: (string | null)[] = [];
    const ids = new Set<string>();
    const pages = await client.contacts.search({
      query: { field: 'phone', operator: '=', value: 'walk' },
      pagination: { per_page: 150 },
      sort: { field: 'name', order },
    } as Intercom.SearchRequest);
    for await (const { id, name } of pages) {
      ids.add(id!);
      names.push(name ?? null);
    }
    assert.equal(ids.size, 10_000);
    assert.equal(names.length, 10_000);
    // Missing names come last in both directions.
    assert.ok(names.slice(0, 9_000).every((name) => name !== null));
  }
  let listed = 0;
  for await (const _ of await client.contacts.list({ per_page: 150 })) listed += 1;
  assert.ok(listed >= 10_000);
});

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);
const listOf = (field: string, values: readonly unknown[]) => ({
  query: { field, operator: 'IN', value: values },
});

test('search: 1,000 values are quick; more, also of several filters, are 400', async () => {
  const { id } = await meet({ name: 'v7' });
  await call('PUT', `/contacts/${id}`, { custom_attributes: { code: 'v7' } });
  const texts = numbered(1_000).map((one) => `v${one}`);
  const begin = performance.now();
  for (const body of [listOf('custom_attributes.code', texts), listOf('name', texts)]) {
    const { status, body: found } = await call('POST', '/contacts/search', body);
    assert.deepEqual([status, found.data.map((one: { id: string }) => one.id)], [200, [id]]);
  }
  const seconds = numbered(1_000).map((one) => 1_700_000_000 + one);
  for (const path of ['/contacts/search', '/conversations/search']) {
    for (const field of ['created_at', 'updated_at', 'id']) {
      assert.equal((await call('POST', path, listOf(field, seconds))).status, 200, path + field);
    }
  }
  assert.ok(performance.now() - begin < 10_000);
  const half = listOf('created_at', seconds.slice(0, 600)).query;
  for (const body of [
    listOf('created_at', numbered(15_000)),
    listOf('custom_attributes.code', numbered(15_000).map(String)),
    { query: { operator: 'OR', value: [half, half] } },
  ]) {
    const { status, body: answer } = await call('POST', '/contacts/search', body);
    assert.equal(status, 400);
    assert.match(answer.errors[0].message, /at most 1000 values/);
  }
});

test('search: slow ones leave connections for other reads', async () => {
  const { id } = await meet();
  const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  const lock = await pool.connect();
  await lock.query('begin; lock table parley.contact_keys');
  const search = () => call('POST', '/contacts/search', listOf('custom_attributes.code', ['x']));
  const slow = Array.from({ length: 8 }, search);
  await setTimeout(200);
  const begin = performance.now();
  assert.equal((await call('GET', `/contacts/${id}`)).status, 200);
  assert.ok(performance.now() - begin < 1_000);
  await lock.query('rollback');
  lock.release();
  await pool.end();
  for (const { status } of await Promise.all(slow)) assert.equal(status, 200);
});

test('contact search: a cursor has room for the longest sort key', async () => {
  for (const end of ['1', '2', '3']) {
    const avatar = `https://x.example/${'漢'.repeat(2_000)}${end}`;
    await client.contacts.create({ role: 'lead', name: 'Long picture', avatar } as never);
  }
  const query = is('name', 'Long picture');
  const ids = new Set<string>();
  let pagination: object = { per_page: 1 };
  for (let page = 1; page <= 3; page += 1) {
    const sort = { field: 'avatar', order: 'ascending' };
    const { body } = await call('POST', '/contacts/search', { query, sort, pagination });
    ids.add(body.data[0].id);
    pagination = { per_page: 1, starting_after: body.pages.next?.starting_after };
  }
  assert.equal(ids.size, 3);
});

test('contact search: attributes that are dates are compared by day, like other times', async () => {
  const midnight = Date.UTC(2026, 10, 28) / 1000;
  for (const [name, data_type] of [
    ['due on', 'date'],
    ['due at', 'datetime'],
  ] as const) {
    await call('POST', '/data_attributes', { name, model: 'contact', data_type });
    const { id } = await meet();
    await call('PUT', `/contacts/${id}`, { custom_attributes: { [name]: midnight + 3_600 } });
    const cases: [string, unknown, boolean][] = [
      ['=', midnight + 80_000, true],
      ['=', '2026-11-28', true],
      ['=', '2026-11-27', false],
      ['IN', ['2026-11-27', `${midnight}`], true],
      ['!=', midnight, false],
      ['>', '2026-11-27', true],
      ['>', '2026-11-27T23:00:00Z', true],
      ['>', midnight, false],
      ['<', midnight + 86_400, true],
      ['<', `${midnight + 80_000}`, false],
    ];
    for (const [operator, value, isFound] of cases) {
      const filter = { field: `custom_attributes.${name}`, operator, value };
      assert.deepEqual(
        await find(within([id], filter)),
        isFound ? [id] : [],
        `${operator} ${value}`,
      );
    }
    const part = { field: `custom_attributes.${name}`, operator: '~', value: '2026' };
    assert.equal((await call('POST', '/contacts/search', { query: part })).status, 400);
  }
});

test('contact search: the text -0 is found as the number 0', async () => {
  const { id } = await meet();
  await call('PUT', `/contacts/${id}`, { custom_attributes: { balance: '-0' } });
  for (const value of [0, '-0']) {
    assert.deepEqual(await find(is('custom_attributes.balance', value)), [id], String(value));
  }
});
