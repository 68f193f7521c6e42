// Companies over a real socket: through the official SDK as it is, and on the wire where the SDK hides it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient } from 'intercom-client';
import { startTestParley } from '../../../../test/support/server.ts';

const { url, token, call } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });

const save = (company_id: string, more: object = {}) =>
  client.companies.createOrUpdate({ company_id, ...more });

test('SDK: a company is created, updated, found by each name, and deleted', async () => {
  const created = await save('acme', { name: 'Acme', plan: 'Gold', custom_attributes: { a: 1 } });
  assert.deepEqual(created.plan, { type: 'plan', id: 'Gold', name: 'Gold' });
  const updated = await save('acme', { size: 40, custom_attributes: { b: 'x' } });
  assert.deepEqual(
    [updated.id, updated.name, updated.size, updated.custom_attributes],
    [created.id, 'Acme', 40, { a: 1, b: 'x' }],
  );
  assert.deepEqual(await client.companies.find({ company_id: created.id }), updated);
  assert.deepEqual(await client.companies.retrieve({ company_id: 'acme' }), updated);
  assert.deepEqual(await client.companies.retrieve({ name: 'Acme' }), updated);
  assert.deepEqual(await client.companies.delete({ company_id: created.id }), {
    ...{ id: created.id, object: 'company', deleted: true },
  });
  await assert.rejects(client.companies.find({ company_id: created.id }), Intercom.NotFoundError);
  await assert.rejects(client.companies.delete({ company_id: created.id }), Intercom.NotFoundError);
});

test('SDK: the list pages to its end, and so does the scroll', async () => {
  for (let n = 0; n < 7; n += 1) await save(`paged_${n}`, { name: `Paged ${n}` });
  const listed: string[] = [];
  for await (const { company_id } of await client.companies.list({ per_page: 3, order: 'asc' })) {
    listed.push(company_id);
  }
  assert.deepEqual(
    listed,
    Array.from({ length: 7 }, (_, n) => `paged_${n}`),
  );
  const scrolled: string[] = [];
  for await (const { company_id } of await client.companies.scroll()) scrolled.push(company_id);
  assert.deepEqual(scrolled, listed);
  // On the wire: no body, no type, and an empty page beyond the end.
  const headers = { authorization: `Bearer ${token}` };
  const bare = await fetch(`${url}/companies/list?page=9`, { method: 'POST', headers });
  const { data, total_count } = (await bare.json()) as { data: object[]; total_count: number };
  assert.deepEqual([bare.status, data, total_count], [200, [], 7]);
  assert.equal((await call('POST', '/companies/list', {})).status, 200);
});

test('companies: wrong input is rejected, and one id is one company for many clients', async () => {
  for (const body of [{}, { company_id: '' }, { company_id: 'x', name: 'n'.repeat(256) }]) {
    assert.equal((await call('POST', '/companies', body)).status, 400);
  }
  assert.equal((await call('POST', '/companies', { company_id: 'x', size: 'big' })).status, 422);
  for (const [field, value] of [
    ['size', -1],
    ['size', 2 ** 60],
    ['monthly_spend', 2 ** 31],
    ['remote_created_at', Date.now()],
    ['remote_created_at', -5],
  ] as const) {
    const rejected = await call('POST', '/companies', { company_id: 'x', [field]: value });
    const [error] = rejected.body.errors;
    assert.deepEqual([rejected.status, error.field], [400, field]);
    assert.match(error.message, /must be from 0 to \d+$/);
  }
  for (const path of ['/companies/0', '/companies/abc', '/companies?name=none%00']) {
    assert.equal((await call('GET', path)).status, 404, path);
  }
  for (const query of [
    '?order=up',
    '?page=0',
    '/scroll?scroll_param=x',
    '/scroll?scroll_param=%00',
  ]) {
    assert.equal((await call('GET', `/companies${query}`)).status, 400, query);
  }
  const body = { company_id: 'shared' };
  const results = await Promise.all(
    Array.from({ length: 20 }, () => call('POST', '/companies', body)),
  );
  assert.ok(results.every(({ status }) => status === 200));
  assert.equal(new Set(results.map((result) => result.body.id)).size, 1);
});

test('companies: texts lose NUL and lone surrogates, and blank ones change nothing', async () => {
  const texts = {
    name: 'A\u0000c\ud800me',
    plan: '\ud800\u0000',
    website: 'w\u0000',
    industry: '\u0000',
  };
  const { status, body } = await call('POST', '/companies', { company_id: 'dirty', ...texts });
  assert.equal(status, 200);
  assert.deepEqual(
    [body.name, body.plan.name, body.website, body.industry],
    ['Ac\ufffdme', '\ufffd', 'w', ''],
  );
  const blank = {
    company_id: 'dirty',
    name: ' ',
    plan: null,
    website: '',
    custom_attributes: null,
  };
  const kept = await call('POST', '/companies', blank);
  assert.deepEqual([kept.body.name, kept.body.website], ['Ac\ufffdme', 'w']);
});

test('companies: custom attributes are cleaned, cleared by null, and limited', async () => {
  const company_id = 'attributes';
  const write = (custom_attributes: unknown) =>
    call('POST', '/companies', { company_id, custom_attributes });
  const many = (count: number, name: string, value: unknown = 1) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}${n}`, value]));
  await write({ dirty: 'x\u0000\ud800', two: 2, yes: true });
  const { body } = await write({ two: null, yes: '' });
  assert.deepEqual(body.custom_attributes, { dirty: 'x\ufffd' });
  for (const [attributes, status, field] of [
    [{ list: [1] }, 422, 'custom_attributes.list'],
    [{ object: {} }, 422, 'custom_attributes.object'],
    [{ ['a\u0000']: 1 }, 400, 'custom_attributes'],
    [{ ' ': 1 }, 400, 'custom_attributes'],
    [{ long: 'x'.repeat(10_001) }, 400, 'custom_attributes.long'],
    [many(251, 'm'), 422, 'custom_attributes'],
    [many(250, 'm'), 422, 'custom_attributes'],
    [many(14, 'm', 'x'.repeat(9_900)), 422, 'custom_attributes'],
    ['text', 422, 'custom_attributes'],
  ] as const) {
    const rejected = await write(attributes);
    const shown = JSON.stringify(attributes).slice(0, 60);
    assert.deepEqual([rejected.status, rejected.body.errors[0].field], [status, field], shown);
  }
  // The second write would leave 251 behind, and writes nothing.
  assert.equal((await write(many(249, 'm'))).status, 200);
  assert.equal((await write({ one: 1, more: 2 })).status, 422);
  const company = await client.companies.retrieve({ company_id });
  assert.equal(Object.keys((company as Intercom.Company).custom_attributes!).length, 250);
});

test('companies: concurrent writes and deletions of one never fail', async () => {
  const results = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const { body } = await call('POST', '/companies', { company_id: 'race', size: n });
      return n % 2 === 0 ? call('DELETE', `/companies/${body.id}`) : { status: 200 };
    }),
  );
  assert.ok(results.every(({ status }) => status === 200 || status === 404));
});

test('SDK: PUT changes what it names, never the company_id', async () => {
  const { id } = await save('put', { name: 'Before', plan: 'Gold', custom_attributes: { a: 1 } });
  const body = { name: 'After', monthly_spend: 155.98, custom_attributes: { b: 'x' } };
  const updated = await client.companies.update({ company_id: id, body });
  assert.deepEqual(
    [updated.company_id, updated.name, updated.plan!.name, updated.monthly_spend],
    ['put', 'After', 'Gold', 155],
  );
  assert.deepEqual(updated.custom_attributes, { a: 1, b: 'x' });
  const path = `/companies/${id}`;
  assert.equal(
    (await call('PUT', path, { company_id: 'other', name: 'Last' })).body.company_id,
    'put',
  );
  assert.equal((await call('PUT', path)).body.name, 'Last');
  assert.equal((await call('PUT', path, { name: 'n'.repeat(256) })).status, 400);
  assert.equal((await call('PUT', '/companies/999999', {})).status, 404);
});

test('companies: attributes fit their definitions, and new names get one', async () => {
  const define = (name: string, data_type: string, more: object = {}) =>
    call('POST', '/data_attributes', { model: 'company', name, data_type, ...more });
  await define('seats', 'integer');
  await define('tier', 'options', { options: [{ value: 'gold' }, { value: 'iron' }] });
  const write = (custom_attributes: object) =>
    call('POST', '/companies', { company_id: 'defined', custom_attributes });
  const { body } = await write({ seats: '40', tier: 'gold', since: 2020, name_of_it: 'x' });
  assert.deepEqual(body.custom_attributes, {
    seats: 40,
    tier: 'gold',
    since: 2020,
    name_of_it: 'x',
  });
  for (const [name, value] of [
    ['seats', 'many'],
    ['tier', 'lead'],
    ['seats', 1.5],
  ] as const) {
    const rejected = await write({ [name]: value });
    const { code, field } = rejected.body.errors[0];
    assert.deepEqual(
      [rejected.status, code, field],
      [422, 'data_invalid', `custom_attributes.${name}`],
    );
  }
  const { data } = (await call('GET', '/data_attributes?model=company')).body;
  const types = new Map(
    data.map((one: { name: string; data_type: string }) => [one.name, one.data_type]),
  );
  assert.deepEqual([types.get('since'), types.get('name_of_it')], ['float', 'string']);
});
