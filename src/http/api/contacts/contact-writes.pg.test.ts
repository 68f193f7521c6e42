// Creating and updating contacts over a real socket: through the official SDK as it is, on the wire where the SDK hides
// it, and concurrently from two servers on one database.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { eventBody, nextNumber, person, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const second = await startTestParley({}, database);
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;
const fresh = () => `person_${nextNumber()}`;

const create = (body: object) => call('POST', '/contacts', body);
const update = (id: string, body?: object) => call('PUT', `/contacts/${id}`, body);

/** Reads the id in the message of a 409. */
const idIn = (message: string) => /id=([0-9a-f]{24})$/.exec(message)?.[1];

test('SDK: a user is created with every field, and found in three ways', async () => {
  const name = fresh();
  const created = await client.contacts.create({
    role: 'user',
    external_id: `${name}/with a slash`,
    email: `${name}@Example.com`,
    phone: '+353871234567',
    name: 'Jane Doe',
    avatar: 'https://example.com/jane.png',
    signed_up_at: 1571672154,
    last_seen_at: 1571672155,
    owner_id: Number(me),
    unsubscribed_from_emails: true,
    custom_attributes: { plan: 'gold', seats: 3, score: 1.5, is_paying: true },
  } as Intercom.CreateContactRequest);
  const found = await client.contacts.find({ contact_id: created!.id });
  assert.deepEqual(found, created);
  const { id, created_at: createdAt, updated_at: updatedAt } = created as Intercom.Contact;
  assert.match(id, /^[0-9a-f]{24}$/);
  assert.ok(Math.abs(createdAt - Date.now() / 1000) < 60);
  assert.equal(updatedAt, createdAt);
  assert.deepEqual(
    await client.contacts.showContactByExternalId({ external_id: `${name}/with a slash` }),
    created,
  );
  const shown = created as unknown as Record<string, unknown>;
  assert.deepEqual(
    {
      role: shown['role'],
      email: shown['email'],
      email_domain: shown['email_domain'],
      phone: shown['phone'],
      name: shown['name'],
      avatar: shown['avatar'],
      signed_up_at: shown['signed_up_at'],
      last_seen_at: shown['last_seen_at'],
      owner_id: shown['owner_id'],
      unsubscribed_from_emails: shown['unsubscribed_from_emails'],
      custom_attributes: shown['custom_attributes'],
    },
    {
      role: 'user',
      email: `${name}@Example.com`,
      email_domain: 'Example.com',
      phone: '+353871234567',
      name: 'Jane Doe',
      avatar: { type: 'avatar', image_url: 'https://example.com/jane.png' },
      signed_up_at: 1571672154,
      last_seen_at: 1571672155,
      owner_id: Number(me),
      unsubscribed_from_emails: true,
      custom_attributes: { plan: 'gold', seats: 3, score: 1.5, is_paying: true },
    },
  );
});

test('POST /contacts: an e-mail, an external id or the role lead is enough', async () => {
  const name = fresh();
  const byEmail = await create({ email: `${name}@example.com` });
  assert.deepEqual(
    [byEmail.status, byEmail.body.role, byEmail.body.external_id],
    [200, 'user', null],
  );
  const byExternalId = await create({ external_id: Number(nextNumber()) + 9_000_000 });
  assert.equal(byExternalId.body.role, 'user');
  assert.match(byExternalId.body.external_id, /^\d+$/);
  const lead = await create({ role: 'lead' });
  assert.deepEqual([lead.body.role, lead.body.email, lead.body.signed_up_at], ['lead', null, null]);
  // The Ruby client sends nulls for missing fields.
  const ruby = await create({
    role: null,
    email: `ruby_${name}@example.com`,
    external_id: null,
    name: null,
    custom_attributes: null,
    owner_id: null,
    avatar: null,
    last_seen_at: null,
  });
  assert.equal(ruby.status, 200, JSON.stringify(ruby.body));
});

test('POST /contacts: rejects invalid bodies with the field, and writes nothing', async () => {
  const before = await database.sql('select count(*) from contacts');
  const cases: readonly [object | string, number, string | null][] = [
    [{}, 400, 'email'],
    [{ role: 'user' }, 400, 'email'],
    [{ email: ' ', external_id: '' }, 400, 'email'],
    [{ role: 'admin' }, 400, 'role'],
    [{ role: 7 }, 422, 'role'],
    [{ email: 'no address' }, 400, 'email'],
    [{ email: `${'x'.repeat(250)}@example.com` }, 400, 'email'],
    [{ external_id: 'a\u0000b' }, 400, 'external_id'],
    [{ external_id: 'x'.repeat(256) }, 400, 'external_id'],
    [{ external_id: {} }, 422, 'external_id'],
    [{ role: 'lead', name: 'x'.repeat(256) }, 400, 'name'],
    [{ role: 'lead', signed_up_at: 'yesterday' }, 422, 'signed_up_at'],
    [{ role: 'lead', signed_up_at: Date.now() * 1000 }, 400, 'signed_up_at'],
    [{ role: 'lead', last_seen_at: -1 }, 400, 'last_seen_at'],
    [{ role: 'lead', owner_id: '99999' }, 404, 'owner_id'],
    [{ role: 'lead', avatar: 'javascript:alert(1)' }, 400, 'avatar'],
    [{ role: 'lead', custom_attributes: [] }, 422, 'custom_attributes'],
    [{ role: 'lead', custom_attributes: { list: ['a'] } }, 422, 'custom_attributes.list'],
    [{ role: 'lead', custom_attributes: { a: 'x'.repeat(10_001) } }, 400, 'custom_attributes.a'],
    [{ role: 'lead', custom_attributes: { 'a\u0000': 1 } }, 400, 'custom_attributes'],
    ['[]', 422, null],
    ['{', 400, null],
    ['', 400, null],
  ];
  for (const [body, status, field] of cases) {
    const response = await call('POST', '/contacts', body);
    const shown = JSON.stringify(body).slice(0, 80);
    assert.equal(response.status, status, `${shown}: ${JSON.stringify(response.body)}`);
    assert.equal(response.body.errors[0].field, field, shown);
  }
  assert.deepEqual(await database.sql('select count(*) from contacts'), before);
});

test('PUT /contacts: an avatar keeps no character that cannot be stored', async () => {
  const { id } = (await create({ role: 'lead' })).body;
  for (const [sent, kept] of [
    ['https://x.example/\u0000a', 'https://x.example/a'],
    ['https://x.example/\ud800a', 'https://x.example/\ufffda'],
  ]) {
    const { status, body } = await update(id, { avatar: sent });
    assert.deepEqual([status, body.avatar.image_url], [200, kept]);
  }
});

test('POST /contacts: a second contact is 409 with the id of the first', async () => {
  const name = fresh();
  const { body: first } = await create({ external_id: name, email: `${name}@example.com` });
  for (const body of [
    { external_id: name },
    { email: `${name}@example.com` },
    { email: `${name}@EXAMPLE.com`, external_id: fresh() },
    { role: 'lead', external_id: name },
  ]) {
    const { status, body: rejected } = await create(body);
    assert.equal(status, 409, JSON.stringify(body));
    assert.equal(rejected.errors[0].code, 'conflict');
    assert.match(
      rejected.errors[0].message,
      /^A contact matching those details already exists with/,
    );
    assert.equal(idIn(rejected.errors[0].message), first.id);
  }
  await client.contacts.archive({ contact_id: first.id });
  const archived = await create({ email: `${name}@example.com` });
  assert.match(archived.body.errors[0].message, /^An archived contact matching those details/);
  assert.equal(idIn(archived.body.errors[0].message), first.id);
  await assert.rejects(client.contacts.create({ external_id: name }), { statusCode: 409 });
});

test('POST /contacts: leads share e-mails with each other and with a user', async () => {
  const email = `${fresh()}@example.com`;
  const made = [
    await create({ role: 'lead', email }),
    await create({ role: 'lead', email }),
    await create({ role: 'user', email }),
    await create({ role: 'lead', email }),
  ];
  assert.deepEqual(
    made.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.equal(new Set(made.map(({ body }) => body.id)).size, 4);
});

test('POST /contacts: one of forty concurrent requests on two servers succeeds', async () => {
  const name = fresh();
  const servers = [call, second.call];
  for (const body of [{ email: `${name}@example.com` }, { external_id: name }]) {
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, n) => servers[n % 2]!('POST', '/contacts', body)),
    );
    const won = made.filter(({ status }) => status === 200);
    assert.equal(won.length, 1, JSON.stringify(made.map(({ status }) => status)));
    for (const { status, body: rejected } of made) {
      if (status === 200) continue;
      assert.equal(status, 409);
      assert.equal(idIn(rejected.errors[0].message), won[0]!.body.id);
    }
  }
});

test('POST /contacts: creates one contact together with concurrent events', async () => {
  const name = fresh();
  const contact = { type: 'lead', external_id: name };
  const [created, notified] = await Promise.all([
    second.call('POST', '/contacts', { role: 'lead', external_id: name, name: 'From REST' }),
    notify('new_conversation', { contact }),
  ]);
  assert.equal(notified.status, 200);
  const rows = await database.sql<{ id: string }>(
    'select id from contacts where external_id = $1',
    [name],
  );
  assert.equal(rows.length, 1);
  const id = created.status === 200 ? created.body.id : idIn(created.body.errors[0].message);
  assert.equal(id, rows[0]!.id);
  assert.equal(notified.body.contact_id, id);
});

test('GET find_by_external_id: a lead, an unknown one and a blank one are 404', async () => {
  const lead = fresh();
  await create({ role: 'lead', external_id: lead });
  for (const id of [lead, 'never_seen', '%20', '%00', 'x'.repeat(300)]) {
    const response = await call('GET', `/contacts/find_by_external_id/${id}`);
    assert.equal(response.status, 404, id);
    assert.equal(response.body.errors[0].message, 'User Not Found');
  }
  const name = `%2F?#&=+ ${fresh()} ü/`;
  const { body } = await create({ external_id: name });
  const found = await call('GET', `/contacts/find_by_external_id/${encodeURIComponent(name)}`);
  assert.equal(found.body.id, body.id);
});

test('SDK: an update changes what it names, merges attributes and clears with null', async () => {
  const name = fresh();
  const { body: before } = await create({
    external_id: name,
    email: `${name}@example.com`,
    name: 'Before',
    phone: '123',
    custom_attributes: { plan: 'gold', city: 'Lima' },
  });
  const after = await client.contacts.update({
    contact_id: before.id,
    name: 'After',
    custom_attributes: { city: 'Oslo', team: 'red' },
  });
  assert.equal(after!.name, 'After');
  assert.equal(after!.phone, '123');
  assert.deepEqual(after!.custom_attributes, { plan: 'gold', city: 'Oslo', team: 'red' });
  const cleared = await update(before.id, {
    name: null,
    phone: '',
    external_id: null,
    role: null,
    custom_attributes: { plan: null, city: '' },
  });
  assert.deepEqual(
    [cleared.body.name, cleared.body.phone, cleared.body.external_id, cleared.body.role],
    [null, null, name, 'user'],
  );
  assert.deepEqual(cleared.body.custom_attributes, { team: 'red' });
  // An empty body is valid, and the PHP client sends a content type with it.
  assert.equal((await update(before.id)).status, 200);
  assert.equal((await update(before.id, {})).status, 200);
});

test('PUT /contacts: an id or e-mail of another contact is 409, its own is not', async () => {
  const [one, two] = [fresh(), fresh()];
  const { body: first } = await create({ external_id: one, email: `${one}@example.com` });
  const { body: other } = await create({ external_id: two, email: `${two}@example.com` });
  for (const body of [{ external_id: one }, { email: `${one.toUpperCase()}@example.com` }]) {
    const response = await update(other.id, body);
    assert.equal(response.status, 409);
    assert.equal(idIn(response.body.errors[0].message), first.id);
  }
  const same = await update(other.id, { external_id: two, email: `${two}@Example.com` });
  assert.deepEqual([same.status, same.body.email], [200, `${two}@Example.com`]);
});

test('PUT /contacts: a new external id leads to the contact, the old is free', async () => {
  const [old, now] = [fresh(), fresh()];
  const { body } = await create({ external_id: old, email: `${old}@example.com` });
  await update(body.id, { external_id: now });
  const contact = { type: 'user', external_id: now };
  const reached = await notify('new_conversation', { contact });
  assert.equal(reached.body.contact_id, body.id);
  const free = await create({ external_id: old });
  assert.equal(free.status, 200);
  assert.notEqual(free.body.id, body.id);
});

test('PUT /contacts: a lead becomes a user, a user stays one', async () => {
  const email = `${fresh()}@example.com`;
  const { body: lead } = await create({ role: 'lead', email });
  const { body: user } = await update(lead.id, { role: 'user' });
  assert.equal(user.role, 'user');
  assert.ok(user.signed_up_at > 0);
  assert.equal((await update(lead.id, { role: 'lead' })).body.role, 'user');
  // A second lead with the same e-mail cannot become a user.
  const { body: late } = await create({ role: 'lead', email });
  const rejected = await update(late.id, { role: 'user' });
  assert.equal(rejected.status, 409);
  assert.equal(idIn(rejected.body.errors[0].message), lead.id);
});

test('PUT /contacts: one of twenty users who set the same e-mail at once gets it', async () => {
  const email = `${fresh()}@example.com`;
  const users = await Promise.all(
    Array.from({ length: 20 }, async () => (await create({ external_id: fresh() })).body.id),
  );
  const servers = [call, second.call];
  const done = await Promise.all(
    users.map((id, n) => servers[n % 2]!('PUT', `/contacts/${id}`, { email })),
  );
  assert.equal(done.filter(({ status }) => status === 200).length, 1);
  assert.equal(done.filter(({ status }) => status === 409).length, 19);
  // When its user drops it, the next one may have it.
  const holder = done.find(({ status }) => status === 200)!.body.id;
  await update(holder, { email: null });
  const next = users.find((id) => id !== holder);
  assert.equal((await update(next!, { email })).status, 200);
});

test('PUT /contacts: none of thirty concurrent changes beside events is lost', async () => {
  const contact = person(fresh());
  const { body } = await notify('new_conversation', { contact });
  const servers = [call, second.call];
  const done = await Promise.all([
    ...Array.from({ length: 15 }, (_, n) =>
      servers[n % 2]!('PUT', `/contacts/${body.contact_id}`, {
        custom_attributes: { [`key_${n}`]: n },
      }),
    ),
    ...Array.from({ length: 15 }, () =>
      notify('new_message', {
        external_conversation_id: body.external_conversation_id,
        contact: { ...contact, name: 'Newest' },
      }),
    ),
  ]);
  assert.deepEqual(new Set(done.map(({ status }) => status)), new Set([200]));
  const { body: after } = await call('GET', `/contacts/${body.contact_id}`);
  assert.equal(Object.keys(after.custom_attributes).length, 15);
  assert.equal(after.name, 'Newest');
});

test('PUT /contacts: an unknown contact is 404', async () => {
  for (const id of ['ffffffffffffffffffffffff', 'nobody', '1', '%2F']) {
    const response = await update(id, { name: 'x' });
    assert.equal(response.status, 404, id);
    assert.equal(response.body.errors[0].message, 'User Not Found');
  }
});

test('custom attributes: a new name becomes a data attribute, a known one must fit', async () => {
  await database.sql(
    `insert into data_attributes (workspace_id, model, name, data_type, options)
     values (1, 'contact', 'age', 'integer', '{}'), (1, 'contact', 'color', 'options', '{Red,Blue}'),
       (1, 'contact', 'born_on', 'date', '{}')`,
  );
  // The server checks once a second whether its setup is current.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const attributes = { age: '42', color: 'Red', born_on: '1990-02-28', 'favourite food': 'soup' };
  const { body } = await create({ role: 'lead', custom_attributes: attributes });
  assert.deepEqual(body.custom_attributes, {
    age: 42,
    color: 'Red',
    born_on: 636163200,
    'favourite food': 'soup',
  });
  for (const [name, value] of [
    ['age', 'forty'],
    ['age', 1.5],
    ['age', true],
    ['color', 'Green'],
    ['born_on', '30 February'],
  ] as const) {
    const rejected = await update(body.id, { custom_attributes: { [name]: value } });
    assert.equal(rejected.status, 422, `${name} ${value}`);
    assert.equal(rejected.body.errors[0].code, 'data_invalid');
    assert.equal(rejected.body.errors[0].field, `custom_attributes.${name}`);
  }
  const written = Object.fromEntries([
    ['__proto__', 'harmless'],
    ['is_new', true],
    ['height', 1.8],
    ['count', 3],
  ]);
  const proto = await update(body.id, { custom_attributes: written });
  assert.equal(Object.keys(proto.body.custom_attributes).length, 8);
  const defined = await database.sql<{ name: string; type: string }>(
    `select name, data_type as type from data_attributes
     where model = 'contact' and name = any('{favourite food,__proto__,is_new,height,count}') order by 1`,
  );
  assert.deepEqual(defined.map(({ name, type }) => [name, type]).sort(), [
    ['__proto__', 'string'],
    ['count', 'float'],
    ['favourite food', 'string'],
    ['height', 'float'],
    ['is_new', 'boolean'],
  ]);
});

test('custom attributes: more than 250, or too large in all, are rejected', async () => {
  const many = Object.fromEntries(Array.from({ length: 251 }, (_, n) => [`many_${n}`, n]));
  const rejected = await create({ role: 'lead', custom_attributes: many });
  assert.equal(rejected.status, 422);
  assert.match(rejected.body.errors[0].message, /^Too many custom attributes/);
  const large = Object.fromEntries(
    Array.from({ length: 14 }, (_, n) => [`large_${n}`, 'x'.repeat(9_900)]),
  );
  assert.equal((await create({ role: 'lead', custom_attributes: large })).status, 422);
  const left = await database.sql(`select 1 from data_attributes where name like 'many_%'`);
  assert.deepEqual(left, []);
});

test('events: a notification about a contact created over REST finds that contact', async () => {
  const name = fresh();
  const { body } = await create({ external_id: name, owner_id: me, name: 'Old' });
  const event = eventBody('new_conversation', {
    contact: { ...person(name), name: 'New' },
  });
  const notified = await call('POST', '/custom_channel_events/notify_new_conversation', event);
  assert.equal(notified.body.contact_id, body.id);
  const { body: after } = await call('GET', `/contacts/${body.id}`);
  // Fields that only REST sets are unchanged.
  assert.deepEqual([after.name, after.owner_id], ['New', Number(me)]);
});
