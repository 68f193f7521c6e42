// Notes about contacts over a real socket: through the official SDK as it is, and on the wire where the SDK hides it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient } from 'intercom-client';
import { addWorkspace, request, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;

const begin = async (): Promise<string> => (await notify('new_conversation')).body.contact_id;

test('SDK: a note is written, found, listed and counted', async () => {
  const contactId = await begin();
  const written = await client.notes.create({
    contact_id: contactId,
    admin_id: me,
    body: 'Hello <script>alert(1)</script><b>world</b>',
  });
  assert.equal(written.type, 'note');
  assert.equal(written.body, '<p>Hello <b>world</b></p>');
  assert.deepEqual(written.contact, { type: 'contact', id: contactId });
  assert.deepEqual([written.author!.type, written.author!.id], ['admin', me]);
  assert.ok(Math.abs(written.created_at - Date.now() / 1000) < 60);
  assert.deepEqual(await client.notes.find({ note_id: Number(written.id) }), written);
  const contact = await client.contacts.find({ contact_id: contactId });
  assert.deepEqual(contact!.notes, {
    type: 'list',
    data: [{ type: 'note', id: written.id, url: `/notes/${written.id}` }],
    url: `/contacts/${contactId}/notes`,
    total_count: 1,
    has_more: false,
  });
  const audit = await database.sql<object>(
    `select action, actor_id as by, related_id as about from audit_log where object_id = $1
       and object_type = 'note'`,
    [written.id],
  );
  assert.deepEqual(audit, [{ action: 'note.created', by: me, about: contactId }]);
});

test('SDK: 25 notes are read page by page, newest first, until an empty page', async () => {
  const contactId = await begin();
  for (let n = 1; n <= 25; n += 1)
    await client.notes.create({ contact_id: contactId, body: `N${n}` });
  const seen: string[] = [];
  for await (const note of await client.notes.list({ contact_id: contactId, per_page: 10 })) {
    seen.push(note.body);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, n) => `<p>N${25 - n}</p>`),
  );
  const { body } = await call('GET', `/contacts/${contactId}/notes?page=3&per_page=10`);
  assert.equal(body.total_count, 25);
  assert.deepEqual(body.pages, {
    type: 'pages',
    next: null,
    page: 3,
    per_page: 10,
    total_pages: 3,
  });
  const beyond = await call('GET', `/contacts/${contactId}/notes?page=1000000&per_page=150`);
  assert.deepEqual([beyond.status, beyond.body.data], [200, []]);
  const { body: shown } = await call('GET', `/contacts/${contactId}`);
  assert.deepEqual(
    [shown.notes.data.length, shown.notes.total_count, shown.notes.has_more],
    [10, 25, true],
  );
  assert.equal(shown.notes.data[0].id, body.data[0] && (await newestOf(contactId)));
});

const newestOf = async (contactId: string): Promise<string> =>
  (await call('GET', `/contacts/${contactId}/notes?per_page=1`)).body.data[0].id;

test('POST notes: without admin_id it is the token’s teammate; ids may be numbers', async () => {
  const contactId = await begin();
  for (const fields of [
    {},
    { admin_id: null },
    { admin_id: Number(me) },
    { contact_id: contactId },
  ]) {
    const { status, body } = await call('POST', `/contacts/${contactId}/notes`, {
      body: 'x',
      ...fields,
    });
    assert.deepEqual([status, body.author?.id], [200, me], JSON.stringify(fields));
  }
});

test('notes: invalid requests are rejected and write nothing', async () => {
  const contactId = await begin();
  const path = `/contacts/${contactId}/notes`;
  const cases: readonly [string, string, unknown, number, string?][] = [
    ['POST', path, {}, 400, 'body'],
    ['POST', path, { body: ' ' }, 400, 'body'],
    ['POST', path, { body: '<script>alert(1)</script>' }, 400, 'body'],
    ['POST', path, { body: 7 }, 422, 'body'],
    ['POST', path, { body: 'x'.repeat(100_001) }, 400, 'body'],
    ['POST', path, { body: 'x', admin_id: '99' }, 404, 'admin_id'],
    ['POST', path, { body: 'x', admin_id: {} }, 422, 'admin_id'],
    ['POST', '/contacts/ffffffffffffffffffffffff/notes', { body: 'x' }, 404],
    ['POST', '/contacts/nobody/notes', { body: 'x' }, 404],
    ['GET', '/contacts/ffffffffffffffffffffffff/notes', undefined, 404],
    ['GET', '/contacts/nobody/notes', undefined, 404],
    ['GET', `${path}?page=0`, undefined, 400, 'page'],
    ['GET', `${path}?page=x`, undefined, 400, 'page'],
    ['GET', `${path}?per_page=151`, undefined, 400, 'per_page'],
    ['GET', '/notes/0', undefined, 404],
    ['GET', '/notes/abc', undefined, 404],
    ['GET', '/notes/999999', undefined, 404],
  ];
  for (const [method, at, body, status, field] of cases) {
    const response = await call(method, at, body);
    const shown = `${method} ${at} ${JSON.stringify(body)?.slice(0, 60)}`;
    assert.equal(response.status, status, `${shown}: ${JSON.stringify(response.body)}`);
    if (field !== undefined) assert.equal(response.body.errors[0].field, field, shown);
  }
  assert.equal((await call('GET', path)).body.total_count, 0);
  await assert.rejects(
    client.notes.create({ contact_id: 'nobody', body: 'x' }),
    Intercom.NotFoundError,
  );
});

test('notes: another workspace sees none of ours, and writes none', async () => {
  const contactId = await begin();
  const { body: ours } = await call('POST', `/contacts/${contactId}/notes`, { body: 'Ours' });
  const other = await addWorkspace(database, 'notes_elsewhere');
  const there = (method: string, path: string, body?: unknown) =>
    request(`${url}${path}`, method, body, { authorization: `Bearer ${other.token}` });
  assert.equal((await there('GET', `/notes/${ours.id}`)).status, 404);
  assert.equal((await there('GET', `/contacts/${contactId}/notes`)).status, 404);
  assert.equal((await there('POST', `/contacts/${contactId}/notes`, { body: 'x' })).status, 404);
  assert.equal((await call('GET', `/contacts/${contactId}/notes`)).body.total_count, 1);
});
