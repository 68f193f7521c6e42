// Companies with their contacts and tags over a real socket: through the official SDK as it is, on the wire where the
// SDK hides it, and with concurrent writes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Intercom, IntercomClient } from 'intercom-client';
import { nextNumber, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });

const fresh = (what: string) => `${what}_${nextNumber()}`;
const newCompany = async (): Promise<string> =>
  (await call('POST', '/companies', { company_id: fresh('company') })).body.id;
const newContact = async (fields: object = { external_id: fresh('user') }): Promise<string> =>
  (await call('POST', '/contacts', fields)).body.id;
const attach = (contact: string, id: string | number) =>
  call('POST', `/contacts/${contact}/companies`, { id });
const detach = (contact: string, id: string, body?: object) =>
  call('DELETE', `/contacts/${contact}/companies/${id}`, body);
const codeOf = ({ body }: { body: { errors: { code: string }[] } }) => body.errors[0]!.code;

/** Reads the ids of a contact's companies. */
const companiesOf = async (contact: string): Promise<string[]> =>
  (await call('GET', `/contacts/${contact}/companies`)).body.data.map(
    (one: { id: string }) => one.id,
  );

/** Reads the ids of a company's contacts, and how many the company says it has. */
async function contactsOf(company: string): Promise<{ ids: string[]; count: number }> {
  const { data, total_count: total } = (await call('GET', `/companies/${company}/contacts`)).body;
  const { user_count: count } = (await call('GET', `/companies/${company}`)).body;
  assert.equal(total, count);
  return { ids: data.map((one: { id: string }) => one.id), count };
}

test('SDK: a company is attached to a contact, listed on both sides, and detached', async () => {
  const contact_id = await newContact();
  const [first, second, third] = [await newCompany(), await newCompany(), await newCompany()];
  for (const id of [first, second, third]) {
    const attached = await client.companies.attachContact({ contact_id, id });
    assert.deepEqual([attached.id, attached.user_count], [id, 1]);
  }
  const listed: string[] = [];
  const pages = await client.contacts.listAttachedCompanies({ contact_id, per_page: 2 });
  for await (const { id } of pages) listed.push(id);
  assert.deepEqual(listed, [third, second, first]);
  const contact = (await client.contacts.find({ contact_id }))!;
  assert.deepEqual(contact.companies, {
    type: 'list',
    data: [third, second, first].map((id) => ({ type: 'company', id, url: `/companies/${id}` })),
    url: `/contacts/${contact_id}/companies`,
    total_count: 3,
    has_more: false,
  });
  const { data, total_count } = await client.companies.listAttachedContacts({ company_id: first! });
  assert.deepEqual([data, total_count], [[contact], 1]);
  const segments = await client.companies.listAttachedSegments({ company_id: first! });
  assert.deepEqual(segments, { type: 'list', data: [] });
  const detached = await client.companies.detachContact({ contact_id, company_id: second! });
  assert.deepEqual([detached.id, detached.user_count], [second, 0]);
  assert.deepEqual(await companiesOf(contact_id), [third, first]);
});

test('attaching: is idempotent, takes ids as numbers, and names what is wrong', async () => {
  const [contact, company] = [await newContact(), await newCompany()];
  assert.equal((await attach(contact, Number(company))).status, 200);
  assert.equal((await attach(contact, company)).body.user_count, 1);
  const nowhere = 'ffffffffffffffffffffffff';
  for (const body of [undefined, {}, { id: null }, { id: '' }]) {
    const rejected = await call('POST', `/contacts/${contact}/companies`, body);
    assert.deepEqual([rejected.status, codeOf(rejected)], [400, 'parameter_not_found']);
  }
  for (const [response, code] of [
    [await attach(nowhere, company), 'not_found'],
    [await attach('nobody', company), 'not_found'],
    [await attach(contact, 'acme'), 'company_not_found'],
    [await attach(contact, 2 ** 53 - 1), 'company_not_found'],
    [await detach(nowhere, company), 'not_found'],
    [await detach(contact, '999999'), 'company_not_found'],
    [await call('GET', `/contacts/${nowhere}/companies`), 'not_found'],
    [await call('GET', '/companies/999999/contacts'), 'company_not_found'],
    [await call('GET', '/companies/x/segments'), 'company_not_found'],
  ] as const) {
    assert.deepEqual([response.status, codeOf(response)], [404, code]);
  }
  // Ruby's client sends JSON with a DELETE; the second time it is detached already.
  for (let times = 0; times < 2; times += 1) {
    assert.equal((await detach(contact, company, { id: company })).body.user_count, 0);
  }
  const audit = await database.sql<{ action: string }>(
    `select action from audit_log where object_id = $1 and action like '%company%' order by id`,
    [contact],
  );
  assert.deepEqual(
    audit.map(({ action }) => action),
    ['contact.company_attached', 'contact.company_detached'],
  );
});

test('attaching: one of many concurrent requests takes the thousandth place', async () => {
  const contact = await newContact();
  await database.sql(
    `with made as (
       insert into companies (workspace_id, company_id) select 1, 'many_' || n from generate_series(1, 999) n
       returning id)
     insert into company_contacts (workspace_id, company_id, contact_id) select 1, id, $1 from made`,
    [contact],
  );
  const more = await Promise.all(Array.from({ length: 12 }, newCompany));
  const responses = await Promise.all(more.map((id) => attach(contact, id)));
  const rejected = responses.filter(({ status }) => status !== 200);
  assert.equal(rejected.length, 11);
  for (const { status, body } of rejected) {
    const { code, message } = body.errors[0];
    assert.deepEqual(
      [status, code, message],
      [
        ...[400, 'contact_company_limit_exceeded'],
        'Contact has reached the maximum of 1000 company associations',
      ],
    );
  }
  const { companies } = (await call('GET', `/contacts/${contact}`)).body;
  assert.deepEqual(
    [companies.total_count, companies.data.length, companies.has_more],
    [1000, 10, true],
  );
});

test('merging: the user has the companies of both, each once', async () => {
  const [shared, ofLead, ofUser] = [await newCompany(), await newCompany(), await newCompany()];
  const [lead, user] = [await newContact({ role: 'lead' }), await newContact()];
  for (const id of [shared, ofLead]) await attach(lead, id);
  for (const id of [shared, ofUser]) await attach(user, id);
  assert.equal((await contactsOf(shared)).count, 2);
  const merged = await call('POST', '/contacts/merge', { from: lead, into: user });
  assert.equal(merged.body.companies.total_count, 3);
  assert.deepEqual(await companiesOf(user), [ofUser, ofLead, shared]);
  for (const id of [shared, ofLead, ofUser]) {
    assert.deepEqual(await contactsOf(id), { ids: [user], count: 1 });
  }
  for (const id of [shared, ofLead]) await detach(user, id);
  assert.deepEqual(await companiesOf(user), [ofUser]);
  assert.equal((await attach(lead, shared)).status, 404);
});

test('archived, deleted: contacts leave the list and the count of a company', async () => {
  const company = await newCompany();
  const [kept, archived, deleted] = [await newContact(), await newContact(), await newContact()];
  for (const contact of [kept, archived, deleted]) await attach(contact, company);
  assert.deepEqual(await contactsOf(company), { ids: [deleted, archived, kept], count: 3 });
  await call('POST', `/contacts/${archived}/archive`);
  await call('DELETE', `/contacts/${deleted}`);
  assert.deepEqual(await contactsOf(company), { ids: [kept], count: 1 });
  assert.deepEqual(await companiesOf(archived), [company]);
  await call('POST', `/contacts/${archived}/unarchive`);
  assert.deepEqual(await contactsOf(company), { ids: [archived, kept], count: 2 });
  await call('DELETE', `/companies/${company}`);
  assert.deepEqual(await companiesOf(kept), []);
  assert.equal((await call('GET', `/contacts/${kept}`)).body.companies.total_count, 0);
});

test('concurrency: attach, detach, merge and delete at once leave no dangling link', async () => {
  const companies = await Promise.all(Array.from({ length: 4 }, newCompany));
  const user = await newContact();
  const leads = await Promise.all(Array.from({ length: 4 }, () => newContact({ role: 'lead' })));
  const responses = await Promise.all(
    companies.flatMap((company, n) => [
      ...[user, ...leads].flatMap((contact) => [
        attach(contact, company),
        detach(contact, company),
      ]),
      ...[user, ...leads].map((contact) => attach(contact, company)),
      call('POST', '/contacts/merge', { from: leads[n], into: user }),
      call('POST', '/tags', { name: 'Contended', companies: [{ id: company }] }),
      n % 2 === 0 ? call('DELETE', `/companies/${company}`) : attach(user, company),
    ]),
  );
  const failed = responses.filter(({ status }) => ![200, 404].includes(status));
  assert.deepEqual(failed, []);
  for (const id of await companiesOf(user)) {
    assert.equal((await call('GET', `/companies/${id}`)).status, 200);
    assert.deepEqual(await contactsOf(id), { ids: [user], count: 1 });
  }
  const [dangling] = await database.sql(
    `select count(*)::int from company_contacts l
     where not exists (select from companies c where c.id = l.company_id)`,
  );
  assert.deepEqual(dangling, { count: 0 });
});

test('SDK: companies are tagged, listed by their tag, and untagged', async () => {
  const [first, second] = [await newCompany(), await newCompany()];
  const byOwnId = (await client.companies.find({ company_id: second })).company_id;
  const name = fresh('Tag');
  const tag = await client.tags.create({
    name,
    companies: [{ id: first }, { company_id: byOwnId }],
  });
  const shown = (await client.companies.find({ company_id: first })).tags;
  assert.deepEqual(shown, { type: 'tag.list', tags: [{ type: 'tag', id: tag.id, name }] });
  const list = async () => {
    const found = await client.companies.retrieve({ tag_id: tag.id, per_page: 1 });
    const { data, total_count: total, pages } = found as Intercom.CompanyList;
    return [data!.map(({ id }) => id), total, pages!.next];
  };
  const next = `/companies?tag_id=${tag.id}&per_page=1&page=2`;
  assert.deepEqual(await list(), [[second], 2, next]);
  await client.tags.create({ name, companies: [{ id: second, untag: true }] });
  assert.deepEqual(await list(), [[first], 1, null]);
  await client.tags.delete({ tag_id: tag.id });
  assert.deepEqual((await client.companies.find({ company_id: first })).tags!.tags, []);
  for (const query of [`tag_id=${tag.id}`, 'tag_id=x', 'segment_id=1']) {
    const { status, body } = await call('GET', `/companies?${query}`);
    assert.deepEqual([status, body.data, body.total_count], [200, [], 0], query);
  }
});

test('tagging: is for all named companies and contacts, or for none', async () => {
  const [company, contact] = [await newCompany(), await newContact()];
  const tag = (fields: object) => call('POST', '/tags', { name: 'Both', ...fields });
  for (const [fields, status, code] of [
    [{ companies: [{ id: company }, { id: '999999' }] }, 404, 'company_not_found'],
    [{ companies: [{ id: company }, { company_id: 'none' }] }, 404, 'company_not_found'],
    [{ companies: [{ id: company }], users: [{ id: 'none' }] }, 404, 'not_found'],
    [{ companies: [{}] }, 400, 'parameter_invalid'],
    [{ companies: [{ company_id: 'a\u0000' }] }, 400, 'parameter_invalid'],
    [{ companies: [{ id: company, untag: true }] }, 404, 'tag_not_found'],
    [{ companies: 'all' }, 422, 'type_mismatch'],
    [{ companies: Array.from({ length: 101 }, () => ({ id: company })) }, 400, 'parameter_invalid'],
  ] as const) {
    const response = await tag(fields);
    assert.deepEqual([response.status, codeOf(response)], [status, code], JSON.stringify(fields));
  }
  assert.deepEqual(
    (await call('GET', '/tags')).body.data.map(({ name }: { name: string }) => name),
    ['Contended'],
  );
  const { id } = (await tag({ companies: [{ id: company }], users: [{ id: contact }] })).body;
  const tagsOf = async () => (await call('GET', `/companies/${company}`)).body.tags.tags;
  assert.equal((await tagsOf())[0].id, id);
  assert.equal((await call('GET', `/contacts/${contact}`)).body.tags.total_count, 1);
  await tag({ companies: [{ id: Number(company) }], tag_or_untag: 'untag' });
  assert.deepEqual(await tagsOf(), []);
});

test('tagging: a company has at most 250 tags', async () => {
  const company = await newCompany();
  await database.sql(
    `with made as (
       insert into tags (workspace_id, name) select 1, 'full_' || n from generate_series(1, 250) n returning id)
     insert into company_tags (workspace_id, company_id, tag_id) select 1, $1, id from made`,
    [company],
  );
  const rejected = await call('POST', '/tags', { name: 'full_251', companies: [{ id: company }] });
  assert.deepEqual([rejected.status, rejected.body.errors[0].field], [422, 'companies']);
});
