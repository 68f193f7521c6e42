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
  for (const path of ['/companies/0', '/companies/abc', '/companies?name=none%00']) {
    assert.equal((await call('GET', path)).status, 404, path);
  }
  assert.equal((await call('GET', '/companies?order=up')).status, 400);
  const body = { company_id: 'shared' };
  const results = await Promise.all(
    Array.from({ length: 20 }, () => call('POST', '/companies', body)),
  );
  assert.ok(results.every(({ status }) => status === 200));
  assert.equal(new Set(results.map((result) => result.body.id)).size, 1);
});
