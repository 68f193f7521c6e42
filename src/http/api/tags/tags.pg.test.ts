// Tags over a real socket: through the official SDK as it is, on the wire where the SDK hides it, and side by side.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Intercom, IntercomClient } from 'intercom-client';
import { insertWorkflow } from '../../../../test/support/insert-workflow.ts';
import { addWorkspace, request, startTestParley } from '../../../../test/support/server.ts';
import { openPool } from '../../../database/pool.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;

async function begin(): Promise<{ conversationId: string; contactId: string; externalId: string }> {
  const { body } = await notify('new_conversation');
  const { contact_id: contactId, conversation_id: conversationId } = body;
  const { body: contact } = await call('GET', `/contacts/${contactId}`);
  return { conversationId, contactId, externalId: contact.external_id };
}

const auditOf = async (objectType: string, objectId: string) =>
  (
    await database.sql<{ action: string; actor: string; related: string | null }>(
      `select action, actor_type || ' ' || actor_id as actor, related_id as related from audit_log
       where object_type = $1 and object_id = $2 order by id`,
      [objectType, objectId],
    )
  ).map(({ action, actor, related }) => [action, actor, related]);

test('SDK: a tag is created once, renamed, listed, found and deleted', async () => {
  const tag = await client.tags.create({ name: 'Wholesale' });
  assert.deepEqual(tag, { type: 'tag', id: tag.id, name: 'Wholesale' });
  // A name in other case is the same tag, and the next call sees each change.
  assert.equal((await client.tags.create({ name: 'WHOLESALE' })).id, tag.id);
  const renamed = await client.tags.create({ id: tag.id, name: 'Retail' });
  assert.deepEqual(renamed, { type: 'tag', id: tag.id, name: 'Retail' });
  assert.deepEqual(await client.tags.find({ tag_id: tag.id }), renamed);
  const { data } = await client.tags.list();
  assert.ok(data!.some(({ id, name }) => id === tag.id && name === 'Retail'));
  await client.tags.delete({ tag_id: tag.id });
  await assert.rejects(client.tags.find({ tag_id: tag.id }), Intercom.NotFoundError);
  await assert.rejects(client.tags.delete({ tag_id: tag.id }), Intercom.NotFoundError);
  assert.deepEqual(
    (await auditOf('tag', tag.id)).map(([action, actor]) => [action, actor]),
    ['created', 'renamed', 'deleted'].map((done) => [`tag.${done}`, `admin ${me}`]),
  );
});

test('SDK: a contact gets a tag, shows it, and loses it', async () => {
  const { contactId } = await begin();
  const { id } = await client.tags.create({ name: 'Newsletter' });
  const tagged = await client.tags.tagContact({ contact_id: contactId, id });
  assert.equal(tagged.name, 'Newsletter');
  const listed = await client.contacts.listAttachedTags({ contact_id: contactId });
  const [only] = listed.data as unknown as { id: string; applied_at: number; applied_by: object }[];
  assert.equal(only!.id, id);
  assert.ok(Math.abs(only!.applied_at - Date.now() / 1000) < 60);
  assert.deepEqual(only!.applied_by, { type: 'admin', id: me });
  const contact = await client.contacts.find({ contact_id: contactId });
  assert.deepEqual(contact.tags, {
    type: 'list',
    data: [{ type: 'tag', id, url: `/tags/${id}` }],
    url: `/contacts/${contactId}/tags`,
    total_count: 1,
    has_more: false,
  });
  await client.tags.untagContact({ contact_id: contactId, tag_id: id });
  assert.deepEqual((await client.contacts.listAttachedTags({ contact_id: contactId })).data, []);
  // A repeat changes nothing, so it writes no audit row.
  await client.tags.untagContact({ contact_id: contactId, tag_id: id });
  assert.deepEqual(await auditOf('contact', contactId), [
    ['contact.tagged', `admin ${me}`, id],
    ['contact.untagged', `admin ${me}`, id],
  ]);
});

test('SDK: a conversation gets a tag, shows it with who added it, and loses it', async () => {
  const { conversationId } = await begin();
  const { id } = await client.tags.create({ name: 'Urgent' });
  const by = { conversation_id: conversationId, admin_id: me };
  const tagged = await client.tags.tagConversation({ ...by, id });
  assert.equal(tagged.id, id);
  const shown = (await client.conversations.find({ conversation_id: conversationId })).tags!.tags!;
  assert.deepEqual(
    shown.map((tag) => [tag.id, tag.name, tag.applied_by]),
    [[id, 'Urgent', { type: 'admin', id: me }]],
  );
  await client.tags.untagConversation({ ...by, tag_id: id });
  const after = await client.conversations.find({ conversation_id: conversationId });
  assert.deepEqual(after.tags, { type: 'tag.list', tags: [] });
});

test('POST /tags: tags all users or none', async () => {
  const [one, two] = [await begin(), await begin()];
  const users = [{ id: one.contactId }, { user_id: two.externalId }];
  const { body: tag } = await call('POST', '/tags', { name: 'Bulk', users });
  const tagsOf = async (id: string) =>
    (await call('GET', `/contacts/${id}/tags`)).body.data.map((found: { id: string }) => found.id);
  assert.deepEqual(
    [await tagsOf(one.contactId), await tagsOf(two.contactId)],
    [[tag.id], [tag.id]],
  );

  const rejected = await call('POST', '/tags', {
    name: 'Never made',
    users: [{ id: one.contactId }, { id: 'ffffffffffffffffffffffff' }],
  });
  assert.equal(rejected.status, 404);
  assert.equal(rejected.body.errors[0].message, 'User Not Found');
  const { body: all } = await call('GET', '/tags');
  assert.ok(!all.data.some(({ name }: { name: string }) => name === 'Never made'));

  await call('POST', '/tags', { name: 'bulk', users, tag_or_untag: 'untag' });
  assert.deepEqual([await tagsOf(one.contactId), await tagsOf(two.contactId)], [[], []]);
});

test('DELETE /tags/:id: returns 200 without a body and removes the tag everywhere', async () => {
  const { contactId, conversationId } = await begin();
  const { body: tag } = await call('POST', '/tags', { name: 'Soon gone' });
  await call('POST', `/contacts/${contactId}/tags`, { id: tag.id });
  await call('POST', `/conversations/${conversationId}/tags`, { id: tag.id, admin_id: me });
  const deleted = await call('DELETE', `/tags/${tag.id}`);
  assert.deepEqual([deleted.status, deleted.body], [200, '']);
  assert.equal(deleted.headers.get('content-length'), '0');
  assert.equal((await call('GET', `/contacts/${contactId}`)).body.tags.total_count, 0);
  assert.deepEqual((await call('GET', `/contacts/${contactId}/tags`)).body.data, []);
  assert.deepEqual((await call('GET', `/conversations/${conversationId}`)).body.tags.tags, []);
});

test('DELETE /tags/:id: rejects a tag that a workflow uses, and names the workflow', async () => {
  const { body: tag } = await call('POST', '/tags', { name: 'In use' });
  const step = { id: 't', do: 'tag', add: [Number(tag.id)], remove: [], next: null } as const;
  await insertWorkflow(database, {
    name: 'Sorter',
    trigger: { on: 'conversation_closed', channelIds: null },
    when: null,
    steps: [step],
  });
  const rejected = await call('DELETE', `/tags/${tag.id}`);
  assert.equal(rejected.status, 400);
  const [{ code, message }] = rejected.body.errors;
  assert.equal(code, 'tag_has_dependent_objects');
  assert.match(message, /Workflows: Sorter\.$/);
  assert.equal((await call('GET', `/tags/${tag.id}`)).status, 200);
});

test('tags: invalid bodies and ids are rejected and change nothing', async () => {
  const { contactId, conversationId } = await begin();
  const { body: tag } = await call('POST', '/tags', { name: 'Strict' });
  const { body: other } = await call('POST', '/tags', { name: 'Other' });
  const cases: readonly [string, string, unknown, number, string?][] = [
    ['POST', '/tags', {}, 400, 'name'],
    ['POST', '/tags', { name: '' }, 400, 'name'],
    ['POST', '/tags', { name: ' ' }, 400, 'name'],
    ['POST', '/tags', { name: 7 }, 422, 'name'],
    ['POST', '/tags', { name: 'x'.repeat(256) }, 400, 'name'],
    ['POST', '/tags', { name: 'x', users: 'all' }, 422, 'users'],
    ['POST', '/tags', { name: 'x', users: [{}] }, 400, 'users.0.id'],
    ['POST', '/tags', { name: 'x', users: Array(101).fill({ id: contactId }) }, 400, 'users'],
    ['POST', '/tags', { name: 'x', companies: [{ id: '1' }] }, 404, 'companies.0.id'],
    ['POST', '/tags', { name: 'x', tag_or_untag: 'maybe' }, 400, 'tag_or_untag'],
    ['POST', '/tags', { name: 'x', id: '999999' }, 404],
    ['POST', '/tags', { name: 'Other', id: tag.id }, 400, 'name'],
    ['POST', `/contacts/${contactId}/tags`, {}, 400, 'id'],
    ['POST', `/contacts/${contactId}/tags`, { id: '999999' }, 404, 'id'],
    ['POST', `/contacts/${contactId}/tags`, { id: 'abc' }, 404, 'id'],
    ['POST', `/contacts/${contactId}/tags`, { id: 1.5 }, 422, 'id'],
    ['POST', '/contacts/ffffffffffffffffffffffff/tags', { id: tag.id }, 404],
    ['POST', '/contacts/nobody/tags', { id: tag.id }, 404],
    ['DELETE', `/contacts/${contactId}/tags/999999`, undefined, 404, 'id'],
    ['POST', `/conversations/${conversationId}/tags`, { id: tag.id }, 400, 'admin_id'],
    [
      'POST',
      `/conversations/${conversationId}/tags`,
      { id: tag.id, admin_id: '99' },
      404,
      'admin_id',
    ],
    ['POST', '/conversations/999/tags', { id: tag.id, admin_id: me }, 404],
    ['GET', '/tags/0', undefined, 404],
    ['GET', '/tags/1e3', undefined, 404],
    ['DELETE', '/tags/-1', undefined, 404],
  ];
  for (const [method, path, body, status, field] of cases) {
    const response = await call(method, path, body);
    const shown = `${method} ${path} ${JSON.stringify(body)?.slice(0, 60)}`;
    assert.equal(response.status, status, `${shown}: ${JSON.stringify(response.body)}`);
    if (field !== undefined) assert.equal(response.body.errors[0].field, field, shown);
  }
  assert.equal((await call('GET', `/tags/${tag.id}`)).body.name, 'Strict');
  assert.equal((await call('GET', `/tags/${other.id}`)).body.name, 'Other');
  assert.deepEqual((await call('GET', `/contacts/${contactId}/tags`)).body.data, []);
});

test('DELETE: reads a body on routes that take one, and needs none', async () => {
  const { conversationId } = await begin();
  const { body: tag } = await call('POST', '/tags', { name: 'With a body' });
  const path = `/conversations/${conversationId}/tags`;
  for (const body of [
    undefined,
    '{}',
    { admin_id: me },
    { admin_id: Number(me) },
    { id: tag.id },
  ]) {
    await call('POST', path, { id: tag.id, admin_id: me });
    const removed = await call('DELETE', `${path}/${tag.id}`, body);
    assert.equal(removed.status, 200, JSON.stringify(body));
    assert.deepEqual((await call('GET', `/conversations/${conversationId}`)).body.tags.tags, []);
  }
  assert.equal((await call('DELETE', `${path}/${tag.id}`, '{')).status, 400);
  assert.equal((await call('DELETE', `${path}/${tag.id}`, { admin_id: '77' })).status, 404);
});

test('tags: twenty clients that create one name at once get the same tag', async () => {
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, n) => call('POST', '/tags', { name: n % 2 ? 'Race' : 'RACE' })),
  );
  assert.deepEqual(new Set(made.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(made.map(({ body }) => body.id)).size, 1);
});

test('tags: none of thirty concurrent changes of a contact with events is lost', async () => {
  const { contactId, externalId } = await begin();
  const tags = await Promise.all(
    Array.from(
      { length: 15 },
      async (_, n) => (await call('POST', '/tags', { name: `T${n}` })).body,
    ),
  );
  const contact = {
    type: 'user',
    external_id: externalId,
    name: 'New name',
    email: 'n@example.com',
  };
  const done = await Promise.all([
    ...tags.map(({ id }) => call('POST', `/contacts/${contactId}/tags`, { id })),
    ...tags.map(() => notify('new_conversation', { contact })),
  ]);
  assert.deepEqual(new Set(done.map(({ status }) => status)), new Set([200]));
  const { body } = await call('GET', `/contacts/${contactId}`);
  assert.equal(body.tags.total_count, 15);
  assert.equal(body.tags.data.length, 10);
  assert.equal(body.tags.has_more, true);
  assert.equal(body.name, 'New name');
});

test('tags: a contact takes 250 at most', async () => {
  const { contactId } = await begin();
  await database.sql(
    `with made as (insert into tags (workspace_id, name)
       select 1, 'limit ' || n from generate_series(1, 250) as n returning id)
     update contacts set tag_ids = (select array_agg(id) from made) where id = $1`,
    [contactId],
  );
  const { body: tag } = await call('POST', '/tags', { name: 'One too many' });
  const rejected = await call('POST', `/contacts/${contactId}/tags`, { id: tag.id });
  assert.equal(rejected.status, 422);
  assert.match(rejected.body.errors[0].message, /^Too many tags/);
});

test('tags: another workspace may use the same name and cannot reach ours', async () => {
  const { contactId } = await begin();
  const { body: ours } = await call('POST', '/tags', { name: 'Shared name' });
  const other = await addWorkspace(database, 'tags_elsewhere');
  const there = (method: string, path: string, body?: unknown) =>
    request(`${url}${path}`, method, body, { authorization: `Bearer ${other.token}` });
  const theirs = await there('POST', '/tags', { name: 'Shared name' });
  assert.equal(theirs.status, 200);
  assert.notEqual(theirs.body.id, ours.id);
  assert.equal((await there('GET', `/tags/${ours.id}`)).status, 404);
  assert.equal((await there('DELETE', `/tags/${ours.id}`)).status, 404);
  assert.equal((await there('POST', '/tags', { id: ours.id, name: 'Taken' })).status, 404);
  const onOurs = await there('POST', `/contacts/${contactId}/tags`, { id: theirs.body.id });
  assert.equal(onOurs.status, 404);
  assert.equal((await call('GET', `/tags/${ours.id}`)).body.name, 'Shared name');
});

test('POST /tags: rejects a full contact in the list before anything is written', async () => {
  const [free, full] = [await begin(), await begin()];
  // The maximum, created by SQL.
  await database.sql(
    `with made as (insert into tags (workspace_id, name)
       select 1, 'filler ' || n from generate_series(1, 250) as n returning id)
     update contacts set tag_ids = (select array_agg(id) from made) where id = $1`,
    [full.contactId],
  );
  const users = [{ id: free.contactId }, { id: full.contactId }];
  const rejected = await call('POST', '/tags', { name: 'Half done', users });
  assert.equal(rejected.status, 422);
  assert.equal(rejected.body.errors[0].field, 'users.1.id');
  const { body: all } = await call('GET', '/tags');
  assert.ok(!all.data.some(({ name }: { name: string }) => name === 'Half done'));
  assert.deepEqual((await call('GET', `/contacts/${free.contactId}/tags`)).body.data, []);
});

test('tags: deleting a tag makes room for another one', async () => {
  const { contactId, conversationId } = await begin();
  await database.sql(
    'update contacts set tag_ids = array(select generate_series(70001, 70250)) where id = $1',
    [contactId],
  );
  await database.sql(
    'update conversations set tag_ids = array(select generate_series(70001, 70250)) where id = $1',
    [conversationId],
  );
  const { body: tag } = await call('POST', '/tags', { name: 'In their place' });
  const onContact = await call('POST', `/contacts/${contactId}/tags`, { id: tag.id });
  assert.equal(onContact.status, 200, JSON.stringify(onContact.body));
  const body = { id: tag.id, admin_id: me };
  assert.equal((await call('POST', `/conversations/${conversationId}/tags`, body)).status, 200);
  const shown = (await call('GET', `/conversations/${conversationId}`)).body.tags.tags;
  assert.deepEqual(
    shown.map(({ id }: { id: string }) => id),
    [tag.id],
  );
});

test('POST /tags: untag removes a tag, from one or from all, and creates none', async () => {
  const { contactId } = await begin();
  const unknown = await call('POST', '/tags', {
    name: 'Nobody has it',
    users: [{ id: contactId, untag: true }],
  });
  assert.equal(unknown.status, 404);
  const { body: all } = await call('GET', '/tags');
  assert.ok(!all.data.some(({ name }: { name: string }) => name === 'Nobody has it'));
  for (const spelled of [
    { users: [{ id: contactId, untag: true }] },
    { users: [{ id: contactId }], untag: true },
    { users: [{ id: contactId }], tag_or_untag: 'untag' },
  ]) {
    await call('POST', '/tags', { name: 'On and off', users: [{ id: contactId }] });
    assert.equal((await call('POST', '/tags', { name: 'On and off', ...spelled })).status, 200);
    assert.deepEqual((await call('GET', `/contacts/${contactId}/tags`)).body.data, []);
  }
});

test('tags: invalid contact ids get 404 on every path', async () => {
  for (const id of ['a%00', '%00', 'A'.repeat(24), '%F0%9F%98%80', `${'a'.repeat(23)}%0a`]) {
    const at = `/contacts/${id}/tags`;
    assert.equal((await call('GET', at)).status, 404, id);
    assert.equal((await call('POST', at, { id: '1' })).status, 404, id);
    assert.equal((await call('DELETE', `${at}/1`)).status, 404, id);
  }
  for (const user of [{ id: 'a\u0000' }, { user_id: 'a\u0000' }]) {
    assert.equal((await call('POST', '/tags', { name: 'x', users: [user] })).status, 400);
  }
});

test('tags: a name has one lower case, in every script', async () => {
  for (const name of ['ΟΔΟΣ', 'Ämter', 'İx']) {
    const tag = await client.tags.create({ name });
    assert.equal((await client.tags.create({ name: name.toLowerCase() })).id, tag.id, name);
  }
});

test('tags: one that comes and goes between two statements is created', async () => {
  // The first insert finds another one there, which is gone when it is looked for.
  await database.sql('create sequence parley.fleeting');
  await database.sql('grant usage on sequence parley.fleeting to public');
  await database.sql(`create function parley.skip_first() returns trigger language plpgsql as $$
    begin return case when nextval('parley.fleeting') > 1 then new end; end $$`);
  await database.sql(`create trigger skip_first before insert on parley.tags for each row
    when (new.name = 'Fleeting') execute function parley.skip_first()`);
  const { status, body } = await call('POST', '/tags', { name: 'Fleeting' });
  assert.deepEqual([status, body.name], [200, 'Fleeting']);
  await database.sql('drop trigger skip_first on parley.tags');
});

test('tags: a contact who is deleted during the request fails it for no other contact', async () => {
  const [gone, stays] = [await begin(), await begin()];
  const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  const lock = await pool.connect();
  await lock.query('begin; lock table parley.tags in share row exclusive mode');
  const users = [{ id: gone.contactId }, { id: stays.contactId }];
  const tagging = call('POST', '/tags', { name: 'Overtaken', users });
  await setTimeout(300);
  assert.equal((await call('DELETE', `/contacts/${gone.contactId}`)).status, 200);
  await lock.query('rollback');
  lock.release();
  await pool.end();
  const { status, body } = await tagging;
  assert.equal(status, 200);
  const { body: contact } = await call('GET', `/contacts/${stays.contactId}`);
  assert.deepEqual(
    contact.tags.data.map((one: { id: string }) => one.id),
    [body.id],
  );
});
