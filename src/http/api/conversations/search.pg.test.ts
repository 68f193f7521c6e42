// Lists and searches of conversations over a real socket: through the official SDK as it is, and on the wire where the
// SDK hides it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { nextNumber, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = Number((await client.admins.identify())!.id!);

type Query = Intercom.SearchRequest.Query;

/** Begins a conversation. @returns its id, and its contact's. */
async function begin(
  contact: object = {},
): Promise<{ id: string; contactId: string; externalId: string }> {
  const externalId = `search_${nextNumber()}`;
  const person = {
    type: 'user',
    external_id: externalId,
    name: 'Ada',
    email: `${externalId}@x.example`,
  };
  const { body } = await notify('new_conversation', {
    external_conversation_id: externalId,
    contact: { ...person, ...contact },
  });
  return { id: body.conversation_id, contactId: body.contact_id, externalId };
}

/** Searches. @returns the ids that it finds, newest first. */
async function find(query: unknown): Promise<string[]> {
  const { conversations } = (await client.conversations.search({ query: query as Query })).response;
  return conversations!.map(({ id }) => id!);
}

const is = (field: string, value: unknown) => ({ field, operator: '=', value });
const within = (ids: readonly string[], ...filters: readonly object[]) => ({
  operator: 'AND',
  value: [{ field: 'id', operator: 'IN', value: ids }, ...filters],
});

test('conversation list: is newest first, without parts, with pages and the count', async () => {
  const ids = [await begin(), await begin(), await begin()].map(({ id }) => id).reverse();
  const { body } = await call('GET', '/conversations?per_page=2');
  assert.equal(body.type, 'conversation.list');
  assert.deepEqual(
    body.conversations.map(({ id }: { id: string }) => id),
    ids.slice(0, 2),
  );
  assert.equal('conversation_parts' in body.conversations[0], false);
  const { conversation_parts: _, ...found } = (await call('GET', `/conversations/${ids[0]}`)).body;
  assert.deepEqual(body.conversations[0], found);
  const [{ count }] = (await database.sql('select count(*) from conversations')) as [
    { count: number },
  ];
  assert.equal(body.total_count, count);
  const { next, ...pages } = body.pages;
  assert.deepEqual(pages, {
    type: 'pages',
    page: 1,
    per_page: 2,
    total_pages: Math.ceil(count / 2),
  });
  assert.deepEqual({ ...next, starting_after: '' }, { page: 2, per_page: 2, starting_after: '' });
  assert.match(next.starting_after, /^[\w-]+$/);
  const second = await call(
    'GET',
    `/conversations?per_page=2&starting_after=${next.starting_after}`,
  );
  assert.equal(second.body.conversations[0].id, ids[2]);
  assert.equal(second.body.pages.page, 2);
});

test('conversation list: an item shows who tagged it and who wrote in it', async () => {
  const { id } = await begin();
  const tag = await client.tags.create({ name: 'Shown in lists' });
  await client.tags.tagConversation({ conversation_id: id, id: tag.id, admin_id: String(me) });
  await client.conversations.reply({
    conversation_id: id,
    body: { message_type: 'comment', type: 'admin', admin_id: String(me), body: 'Hello' },
  });
  const { conversation_parts: _, ...found } = (await call('GET', `/conversations/${id}`)).body;
  const { body } = await call('POST', '/conversations/search', { query: is('id', id) });
  assert.deepEqual(body.conversations, [found]);
  assert.deepEqual(found.teammates.admins, [{ type: 'admin', id: String(me) }]);
  assert.deepEqual(found.tags.tags[0].applied_by, { type: 'admin', id: String(me) });
});

test('conversation search: finds changes at once, with the current state', async () => {
  const { id, contactId, externalId } = await begin();
  assert.deepEqual(await find(is('contact_ids', contactId)), [id]);
  assert.deepEqual(await find(is('source.author.email', `${externalId}@X.EXAMPLE`)), [id]);
  assert.deepEqual(await find(within([id], is('state', 'closed'))), []);
  await client.conversations.manage({
    conversation_id: id,
    body: { message_type: 'close', type: 'admin', admin_id: String(me) },
  });
  assert.deepEqual(await find(within([id], is('state', 'closed'))), [id]);
  assert.deepEqual(await find(within([id], is('open', 'true'))), []);
  assert.deepEqual(await find(within([id], is('open', false))), [id]);
  assert.deepEqual(await find(within([id], is('teammate_ids', me))), [id]);
});

test('conversation search: filters by assignment, tags, attributes and times', async () => {
  const [one, other] = [await begin(), await begin()];
  const ids = [one.id, other.id];
  await client.conversations.manage({
    conversation_id: one.id,
    body: {
      message_type: 'assignment',
      type: 'admin',
      admin_id: String(me),
      assignee_id: String(me),
    },
  });
  const tag = await client.tags.create({ name: 'Searched' });
  await client.tags.tagConversation({ conversation_id: one.id, id: tag.id, admin_id: String(me) });
  await notify('attribute_collected', {
    external_conversation_id: one.externalId,
    contact: { type: 'user', external_id: one.externalId },
    attribute: { id: 'order number', value: '42' },
  });
  assert.deepEqual(await find(within(ids, is('admin_assignee_id', me))), [one.id]);
  assert.deepEqual(await find(within(ids, is('admin_assignee_id', String(me)))), [one.id]);
  assert.deepEqual(await find(within(ids, is('admin_assignee_id', null))), [other.id]);
  assert.deepEqual(await find(within(ids, is('tag_ids', tag.id))), [one.id]);
  const tagged = { field: 'tag_ids', operator: 'NIN', value: [tag.id] };
  assert.deepEqual(await find(within(ids, tagged)), [other.id]);
  assert.deepEqual(await find(within(ids, is('custom_attributes.order number', 42))), [one.id]);
  const above = { field: 'custom_attributes.order number', operator: '>', value: '42' };
  assert.deepEqual(await find(within(ids, above)), [one.id]);
  const { created_at: at } = (await call('GET', `/conversations/${one.id}`)).body;
  // `<` and `>` include equal values, as the published table says; the value may be a string.
  for (const operator of ['<', '>', '=']) {
    const created = { field: 'created_at', operator, value: String(at) };
    assert.ok((await find(within([one.id], created))).includes(one.id), operator);
  }
  // Once the tag is deleted, nothing has it.
  await client.tags.delete({ tag_id: tag.id });
  assert.deepEqual(await find(within(ids, is('tag_ids', tag.id))), []);
});

test('conversation search: what was said is found by its words and by any part of it', async () => {
  const { id, externalId } = await begin();
  await notify('new_message', {
    external_conversation_id: externalId,
    contact: { type: 'user', external_id: externalId },
    body: 'My Über-parcel never came.\nPlease help!',
  });
  const said = (operator: string, value: unknown) =>
    find(within([id], { field: 'conversation_parts.body', operator, value }));
  assert.deepEqual(await said('=', 'PARCEL'), [id]);
  assert.deepEqual(await said('IN', ['other', 'über']), [id]);
  // A phrase is no word; a part of the text is found wherever it stands.
  assert.deepEqual(await said('=', 'never came'), []);
  assert.deepEqual(await said('~', 'NEVER came'), [id]);
  assert.deepEqual(await said('!~', 'refund'), [id]);
  await database.sql(
    'update conversation_parts set is_redacted = true where conversation_id = $1',
    [id],
  );
  assert.deepEqual(await said('=', 'parcel'), []);
});

test('conversation search: a deleted conversation is not found', async () => {
  const { id } = await begin();
  await database.sql('update conversations set deleted_at = now() where id = $1', [id]);
  assert.deepEqual(await find(is('id', id)), []);
  const { body } = await call('GET', '/conversations?per_page=1');
  assert.notEqual(body.conversations[0]?.id, id);
});

test('conversation search: accepts requests as the Ruby and PHP SDKs write them', async () => {
  const ids = [await begin(), await begin()].map(({ id }) => id);
  const search = async (sort: object | null, pagination: object | null = null) =>
    (
      await call('POST', '/conversations/search', { query: within(ids), sort, pagination })
    ).body.conversations.map(({ id }: { id: string }) => id);
  assert.deepEqual(await search({ field: 'created_at', order: 'ascending' }), ids);
  assert.deepEqual(await search({ field: 'updated_at', order: 'descending' }), ids.toReversed());
  // Both have no waiting_since: a missing value comes last, and the ids decide.
  assert.deepEqual(await search({ field: 'snoozed_until' }), ids.toReversed());
  assert.deepEqual(await search(null, { per_page: '1', starting_after: null }), [ids[1]]);
  const get = await call('GET', '/conversations?per_page=1', undefined, {
    'content-type': 'application/json',
    accept: 'application/vnd.intercom.3+json',
  });
  assert.equal(get.status, 200);
});

const filter = (field: unknown, operator: unknown, value: unknown = 1) => ({
  field,
  operator,
  value,
});

for (const [what, query, fields] of [
  ['an unknown field', filter('colour', '=', 'red'), ['query.field']],
  ['an unknown operator', filter('id', '=='), ['query.operator']],
  ['an order of texts', filter('state', '>', 'open'), ['query.operator']],
  ['a part of a time', filter('created_at', '~', '17'), ['query.operator']],
  ['words for a time', filter('created_at', '=', 'foorbar'), ['query.value']],
  ['a fraction for a number', filter('admin_assignee_id', '=', 1.5), ['query.value']],
  ['a list for one value', filter('id', '=', ['1']), ['query.value']],
  ['one value for a list', filter('id', 'IN', '1'), ['query.value']],
  ['an object as value', filter('id', '=', {}), ['query.value']],
  ['an empty group', { operator: 'AND', value: [] }, ['query.value']],
  ['a group without a list', { operator: 'OR' }, ['query.value']],
  [
    'two faults at once',
    { operator: 'AND', value: [filter('a', '='), filter('id', '?')] },
    ['query.value.0.field', 'query.value.1.operator'],
  ],
  [
    'sixteen filters',
    { operator: 'OR', value: Array.from({ length: 16 }, () => filter('id', '=')) },
    ['query.value'],
  ],
  [
    'three levels',
    { operator: 'AND', value: [{ operator: 'OR', value: [{ operator: 'AND', value: [] }] }] },
    ['query.value.0.value.0'],
  ],
] as const) {
  test(`conversation search: 400 for ${what}`, async () => {
    const { status, body } = await call('POST', '/conversations/search', { query });
    assert.equal(status, 400, JSON.stringify(body));
    const found = body.errors.map(({ code, field }: { code: string; field: string }) => [
      code,
      field,
    ]);
    assert.deepEqual(
      found,
      fields.map((field) => ['parameter_invalid', field]),
    );
  });
}

test('conversation search: accepts fifteen filters in each of fifteen groups', async () => {
  const { id } = await begin();
  const inner = { operator: 'OR', value: Array.from({ length: 15 }, () => is('id', id)) };
  const query = { operator: 'AND', value: Array.from({ length: 15 }, () => inner) };
  assert.deepEqual(await find(query), [id]);
});

test('conversation search: treats values with SQL syntax as plain values', async () => {
  const hostile = [
    `' or true --`,
    `$1`,
    `\\`,
    `%`,
    `_`,
    '\u0000',
    '\ud800',
    `"; drop table tags; --`,
  ];
  for (const value of hostile) {
    for (const operator of ['=', '~', '^', '$', '!=']) {
      for (const field of ['title', `custom_attributes.${value.replaceAll('\u0000', '')}`]) {
        const { status, body } = await call('POST', '/conversations/search', {
          query: { field, operator, value },
        });
        assert.ok(status === 200 || (value === '\u0000' && status === 400), JSON.stringify(body));
      }
    }
  }
  const sort = { field: 'id; drop table tags', order: 'ascending' };
  const { status } = await call('POST', '/conversations/search', { query: is('id', '1'), sort });
  assert.equal(status, 400);
});

test('conversation search: an invalid page, order or cursor gets 400 with its field', async () => {
  const query = is('id', '1');
  const other = Buffer.from('[1,"-updated_at",1,1,2]').toString('base64url');
  for (const [body, field] of [
    [{ query, pagination: { per_page: 0 } }, 'pagination.per_page'],
    [{ query, pagination: { per_page: 151 } }, 'pagination.per_page'],
    [{ query, pagination: { per_page: 'many' } }, 'pagination.per_page'],
    [{ query, pagination: { starting_after: 'x' } }, 'pagination.starting_after'],
    [{ query, pagination: { starting_after: '€' } }, 'pagination.starting_after'],
    [{ query, pagination: { starting_after: other } }, 'pagination.starting_after'],
    [{ query, sort: { field: 'open' } }, 'sort.field'],
    [{ query, sort: { order: 'upwards' } }, 'sort.order'],
    [{}, 'query'],
    [{ query: null }, 'query'],
  ] as const) {
    const response = await call('POST', '/conversations/search', body);
    assert.equal(response.status, 400, JSON.stringify(body));
    assert.equal(response.body.errors[0].field, field, JSON.stringify(response.body));
  }
  for (const query of ['per_page=0', 'per_page=1.5', 'per_page=1&per_page=2', 'starting_after=!']) {
    assert.equal((await call('GET', `/conversations?${query}`)).status, 400, query);
  }
  assert.equal((await call('POST', '/conversations/search', { query: 'all' })).status, 422);
});

test('conversation paging: invented cursors never fail the server', async () => {
  const keys = [null, 1, -1, 9007199254740991, '1', '', 'x'.repeat(300)];
  for (const field of ['created_at', 'snoozed_until', 'title', 'id', 'statistics.count_reopens']) {
    for (const key of keys) {
      for (const id of [0, -1, 9007199254740991, 'x']) {
        const cursor = Buffer.from(JSON.stringify([1, `-${field}`, key, id, 2])).toString(
          'base64url',
        );
        const { status, body } = await call('POST', '/conversations/search', {
          query: filter('id', '!=', '0'),
          pagination: { starting_after: cursor },
          sort: { field },
        });
        assert.ok(
          status === 200 || status === 400,
          `${field} ${key} ${id}: ${JSON.stringify(body)}`,
        );
      }
    }
  }
});

test('conversation paging: 10,000 appear once each while others come and go', async () => {
  await database.sql(
    `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state,
       created_at, updated_at, created_by_signal, title)
     select 1, n * 7 % 10007 + 5000000000, 1, 'walk_' || n, 'x', 'open',
       '2026-01-01T00:00:00Z'::timestamptz + (n / 3) * interval '1 second', now(), n, 'walk'
     from generate_series(1, 10000) as n`,
  );
  const seen = new Map<string, number>();
  let walked = 0;
  const pages = await client.conversations.search({
    query: { field: 'title', operator: '=', value: 'walk' },
    pagination: { per_page: 150 },
  });
  for await (const { id } of pages) {
    seen.set(id!, (seen.get(id!) ?? 0) + 1);
    walked += 1;
    if (walked % 1000 !== 0) continue;
    // New ones come before the page; and one that is still to come is deleted.
    await database.sql(
      `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state,
         created_at, updated_at, created_by_signal, title)
       values (1, $1::bigint, 1, 'late_' || $1::bigint, 'x', 'open', now(), now(), 1, 'walk')`,
      [6_000_000_000 + walked],
    );
    await database.sql(`update conversations set deleted_at = now() where external_id = $1`, [
      `walk_${walked / 1000}`,
    ]);
  }
  assert.ok([...seen.values()].every((count) => count === 1));
  assert.ok([...seen.keys()].every((id) => Number(id) < 6_000_000_000));
  // The nine deleted ones are the oldest, so none of them appeared.
  assert.equal(seen.size, 9_991);
});

test('conversation search: attributes that are dates are compared by day', async () => {
  const midnight = Date.UTC(2026, 10, 28) / 1000;
  await database.sql(
    `insert into data_attributes (workspace_id, model, name, data_type) values
       (1, 'conversation', 'due on', 'date'), (1, 'contact', 'plain', 'date')`,
  );
  const { id } = await begin();
  const due = (operator: string, value: unknown, name = 'due on') =>
    within([id], { field: `custom_attributes.${name}`, operator, value });
  const search = (query: unknown) => call('POST', '/conversations/search', { query });
  await until('the server knows the attribute', async () => {
    return (await search(due('>', '2026-11-27'))).status === 200;
  });
  const attributes = { 'due on': midnight + 3_600, plain: midnight + 3_600 };
  await call('PUT', `/conversations/${id}`, { custom_attributes: attributes });
  const cases: [string, unknown, boolean][] = [
    ['=', '2026-11-28', true],
    ['=', midnight + 80_000, true],
    ['=', '2026-11-27', false],
    ['!=', '2026-11-28', false],
    ['IN', ['2026-11-27', `${midnight}`], true],
    // Both hold for the same day, as with the other times of conversations.
    ['>', midnight + 80_000, true],
    ['<', `${midnight}`, true],
    ['>', '2026-11-29', false],
    ['<', '2026-11-27T23:59:59Z', false],
  ];
  for (const [operator, value, isFound] of cases) {
    assert.deepEqual(await find(due(operator, value)), isFound ? [id] : [], `${operator} ${value}`);
  }
  assert.equal((await search(due('~', '2026'))).status, 400);
  // A definition for contacts says nothing about conversations.
  assert.equal((await search(due('>', '2026-11-27', 'plain'))).status, 400);
  assert.deepEqual(await find(due('=', midnight + 3_600, 'plain')), [id]);
});
