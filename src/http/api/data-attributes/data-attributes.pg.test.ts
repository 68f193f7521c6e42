// Data attributes over a real socket: through the official SDK as it is, and on the wire where the SDK hides it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient } from 'intercom-client';
import { applyForTest } from '../../../../test/support/apply.ts';
import { insertWorkflow } from '../../../../test/support/insert-workflow.ts';
import { addWorkspace, request, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = (await client.admins.identify())!.id!;
const path = '/data_attributes';

let count = 0;
const newName = () => {
  count += 1;
  return `Mithril Shirt ${count}`;
};

/** The SDK's request type lacks most published fields, but the SDK sends every field that it gets. */
const create = (fields: Record<string, unknown>) =>
  client.dataAttributes.create(fields as unknown as Intercom.CreateDataAttributeRequest);

const auditOf = async (id: number) =>
  (
    await database.sql<{ action: string }>(
      `select action from audit_log where object_type = 'data_attribute' and object_id = $1 order by id`,
      [String(id)],
    )
  ).map(({ action }) => action);

test('SDK: an attribute is created, listed, described, archived and restored', async () => {
  const name = newName();
  const created = await create({ name, model: 'company', data_type: 'string' });
  const { id, created_at, updated_at, ...rest } = created;
  assert.equal(created_at, updated_at);
  assert.deepEqual(rest, {
    type: 'data_attribute',
    model: 'company',
    name,
    full_name: `custom_attributes.${name}`,
    label: name,
    description: '',
    data_type: 'string',
    options: [],
    api_writable: true,
    messenger_writable: false,
    ui_writable: false,
    custom: true,
    archived: false,
    admin_id: me,
  });
  const update = (body: Intercom.UpdateDataAttributeRequestBody) =>
    client.dataAttributes.update({ data_attribute_id: id!, body });
  const described = await update({ description: 'Light', messenger_writable: true });
  assert.deepEqual([described.description, described.messenger_writable], ['Light', true]);
  const listed = async (filter: Intercom.ListDataAttributesRequest) =>
    (await client.dataAttributes.list(filter)).data!.some((one) => one.id === id);
  assert.ok(await listed({}));
  assert.ok(await listed({ model: 'company' }));
  assert.ok(!(await listed({ model: 'contact' })));
  assert.equal((await update({ archived: true })).archived, true);
  assert.ok(!(await listed({})));
  assert.ok(await listed({ model: 'company', include_archived: true }));
  assert.equal((await update({ archived: false })).archived, false);
  assert.ok(await listed({ include_archived: false }));
  assert.deepEqual(
    await auditOf(id!),
    ['created', 'updated', 'archived', 'unarchived'].map((done) => `data_attribute.${done}`),
  );
});

test('SDK: options are listed as a string with options, and can be replaced', async () => {
  const options = [{ value: '1-10' }, { value: '11-20' }];
  const created = await create({
    name: newName(),
    model: 'contact',
    data_type: 'options',
    options,
  });
  assert.deepEqual([created.data_type, created.options], ['string', ['1-10', '11-20']]);
  const updated = await client.dataAttributes.update({
    data_attribute_id: created.id!,
    body: { options: [...options, { value: '21-50' }] },
  });
  assert.deepEqual(updated.options, ['1-10', '11-20', '21-50']);
});

test('SDK: an update without a body changes nothing and writes no audit row', async () => {
  const { id } = await create({
    name: newName(),
    model: 'contact',
    data_type: 'integer',
    description: 'Kept',
  });
  // The SDK sends an empty PUT if the fields are beside the id, as in its own tests.
  const flat = { data_attribute_id: id!, description: 'Dropped by the SDK' };
  const same = await client.dataAttributes.update(
    flat as unknown as Intercom.UpdateDataAttributeRequest,
  );
  assert.equal(same.description, 'Kept');
  assert.equal((await call('PUT', `${path}/${id}`, {})).status, 200);
  assert.deepEqual(await auditOf(id!), ['data_attribute.created']);
});

test('POST /data_attributes: rejects invalid bodies with the documented messages', async () => {
  const name = newName();
  const valid = { name, model: 'company', data_type: 'string' };
  await create({ ...valid, model: 'company', data_type: 'string' });
  const two = [{ value: 'a' }, { value: 'b' }];
  const taken = 'in your company data. To save this as new people data, use a different name.';
  const cases: readonly (readonly [object, string, string])[] = [
    [{ ...valid, model: 'contact' }, 'name', `You already have '${name}' ${taken}`],
    [valid, 'name', `You already have '${name}' ${taken.replace('people', 'company')}`],
    [
      { ...valid, name: '!nv@l!d n@me' },
      'name',
      'Your name for this attribute must only contain alphanumeric characters, currency symbols, and hyphens',
    ],
    [{ ...valid, data_type: 'mithril' }, 'data_type', "Data Type isn't an option"],
    [
      { ...valid, model: 'conversation' },
      'model',
      'The Data Attribute model field must be either contact or company',
    ],
    [{ name: newName(), data_type: 'string' }, 'model', 'model is required'],
    [
      { ...valid, name: newName(), data_type: 'options' },
      'options',
      'An attribute of the type options needs options',
    ],
    [
      { ...valid, name: newName(), data_type: 'options', options: { value: '1-10' } },
      'options',
      "Options isn't an array",
    ],
    [
      { ...valid, name: newName(), data_type: 'options', options: [{ value: 'a' }] },
      'options',
      'Options needs at least 2 values',
    ],
    [
      { ...valid, name: newName(), data_type: 'options', options: [...two, { value: ' a ' }] },
      'options.2.value',
      'options.2.value repeats another option',
    ],
    [
      { ...valid, name: newName(), data_type: 'options', options: ['a', 'b'] },
      'options.0.value',
      'options.0.value must be a text',
    ],
    [
      { ...valid, name: newName(), options: two },
      'options',
      'Only attributes of the type options have options',
    ],
  ];
  for (const [body, field, message] of cases) {
    const { status, body: response } = await call('POST', path, body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.deepEqual(response.errors, [{ code: 'parameter_invalid', message, field }]);
  }
  await assert.rejects(
    create({ name, model: 'company', data_type: 'string' }),
    Intercom.BadRequestError,
  );
});

test('PUT /data_attributes/:id: rejects wrong ids and options', async () => {
  const { id } = await create({
    name: newName(),
    model: 'contact',
    data_type: 'string',
  });
  for (const unknown of ['999999', 'abc', '0', '-1', '9'.repeat(40)]) {
    const { status, body } = await call('PUT', `${path}/${unknown}`, { description: 'x' });
    assert.deepEqual([status, body.errors[0].code], [404, 'field_not_found'], unknown);
  }
  await assert.rejects(
    client.dataAttributes.update({ data_attribute_id: 999_999, body: { archived: true } }),
    Intercom.NotFoundError,
  );
  const wrong = await call('PUT', `${path}/${id}`, { options: [{ value: 'a' }, { value: 'b' }] });
  assert.deepEqual([wrong.status, wrong.body.errors[0].field], [400, 'options']);
  assert.equal((await call('PUT', `${path}/${id}`, { archived: 'yes' })).status, 422);
});

test('GET /data_attributes: rejects unknown filters', async () => {
  for (const query of ['model=ticket', 'include_archived=perhaps', 'model=contact&model=company']) {
    assert.equal((await call('GET', `${path}?${query}`)).status, 400, query);
  }
});

test('archiving: is rejected while a workflow asks for the attribute, with its name', async () => {
  const name = newName();
  const created = await create({ name, model: 'contact', data_type: 'string' });
  await insertWorkflow(database, {
    name: 'Asks',
    trigger: { on: 'conversation_closed', channelIds: null },
    when: null,
    steps: [
      { id: 's', do: 'set_attribute', model: 'contact', attribute: name, value: 'x', next: null },
    ],
  });
  await assert.rejects(
    client.dataAttributes.update({ data_attribute_id: created.id!, body: { archived: true } }),
    (error: Intercom.UnprocessableEntityError) => {
      assert.ok(error instanceof Intercom.UnprocessableEntityError);
      const [{ code, message }] = (error.body as { errors: [{ code: string; message: string }] })
        .errors;
      assert.equal(code, 'data_invalid');
      assert.match(message, /dependant object\. Workflows: Asks\.$/);
      return true;
    },
  );
  assert.deepEqual(await auditOf(created.id!), ['data_attribute.created']);
});

test('attributes: one with spaces in its name takes the values that apps collect', async () => {
  const name = newName();
  await create({ name, model: 'contact', data_type: 'integer' });
  const { body: ids } = await notify('new_conversation');
  const [{ external_id: externalId }] = (await call('GET', `/conversations/${ids.conversation_id}`))
    .body.contacts.contacts;
  const contact = { type: 'user', external_id: externalId };
  const event = { external_conversation_id: ids.external_conversation_id, contact };
  const collect = (value: string) =>
    notify('attribute_collected', { ...event, attribute: { id: name, value } });
  assert.equal((await collect('many')).status, 422);
  assert.equal((await collect('12')).status, 200);
  const shown = await client.contacts.find({ contact_id: ids.contact_id });
  assert.deepEqual(shown.custom_attributes, { [name]: 12 });
});

test('attributes: one of twenty clients that create the same name at once succeeds', async () => {
  const body = { name: newName(), model: 'contact', data_type: 'string' };
  const results = await Promise.all(Array.from({ length: 20 }, () => call('POST', path, body)));
  const made = results.filter(({ status }) => status === 200);
  assert.equal(made.length, 1);
  assert.ok(results.every(({ status }) => status === 200 || status === 400));
});

test('attributes: two workspaces may use the same name', async () => {
  const other = await addWorkspace(database, 'attribute_others');
  const authorization = `Bearer ${other.token}`;
  const body = { name: newName(), model: 'contact', data_type: 'string' };
  const [mine, theirs] = [
    await call('POST', path, body),
    await call('POST', path, body, { authorization }),
  ];
  assert.deepEqual([mine.status, theirs.status], [200, 200]);
  const { body: listed } = await request(`${url}${path}`, 'GET', undefined, { authorization });
  assert.deepEqual(
    listed.data.map(({ id }: { id: number }) => id),
    [theirs.body.id],
  );
});

test('parley apply: shows what it changes of an attribute that the API changed', async () => {
  const stated = { name: 'Size', model: 'contact', type: 'options', options: ['S', 'M'] };
  const file = { data_attributes: [stated] };
  await applyForTest(database, file);
  const [size] = (await call('GET', `${path}?model=contact`)).body.data.filter(
    ({ name }: { name: string }) => name === 'Size',
  );
  assert.deepEqual([size.options, size.admin_id], [['S', 'M'], null]);
  await call('PUT', `${path}/${size.id}`, { options: [{ value: 'S' }, { value: 'XL' }] });
  await call('PUT', `${path}/${size.id}`, { archived: true, description: 'Of shirts' });
  const { changes } = await applyForTest(database, file);
  assert.deepEqual(
    changes.map(({ what, name, fields }) => [what, name, fields.map(({ field }) => field)]),
    [['data attribute', 'contact.Size', ['options', 'archived']]],
  );
  // Fields that the file does not mention stay.
  const { body: after } = await call('GET', path);
  const [shown] = after.data.filter(({ name }: { name: string }) => name === 'Size');
  assert.deepEqual([shown.options, shown.description], [['S', 'M'], 'Of shirts']);
});

test('data attributes: concurrent ones of contacts and companies share no name', async () => {
  for (let round = 0; round < 10; round += 1) {
    const name = newName();
    const statuses = await Promise.all(
      ['contact', 'company'].map(
        async (model) => (await call('POST', path, { name, model, data_type: 'string' })).status,
      ),
    );
    assert.deepEqual(statuses.sort(), [200, 400]);
    const written = newName();
    const custom_attributes = { [written]: 'x' };
    await Promise.all([
      call('POST', '/contacts', { role: 'lead', custom_attributes }),
      call('POST', '/companies', { company_id: `named_${round}`, custom_attributes }),
    ]);
    const { data } = (await call('GET', path)).body;
    assert.equal(data.filter((one: { name: string }) => one.name === written).length, 1);
  }
});
