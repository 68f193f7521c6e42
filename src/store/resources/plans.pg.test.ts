// The contacts and tags of companies are found by indexes, with the role and settings of requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';
import { listCompanies } from './companies.ts';
import {
  countContactsOfCompanies,
  findCompanyLists,
  isCompanyAttached,
  listCompaniesOfContact,
  listContactsOfCompany,
} from './company-contacts.ts';
import { findTagsOfCompanies } from './company-tags.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());

const ROWS = 6_000;
/** Far below the number of rows. */
const ROWS_READ_MAX = 300;

await database.sql(`insert into workspaces (name) values ('default')`);
await database.sql(
  `insert into contacts (workspace_id, id, role, created_at, updated_at, created_by_signal, merged_into)
   select 1, lpad(n::text, 24, '0'), 'user', now(), now(), n, case when n % 50 = 0 then lpad((n - 1)::text, 24, '0') end
   from generate_series(1, ${ROWS}) as n`,
);
await database.sql(
  `insert into companies (workspace_id, company_id) select 1, n from generate_series(1, ${ROWS}) as n`,
);
await database.sql(
  `insert into company_contacts (workspace_id, company_id, contact_id)
   select 1, 1 + (n + m) % ${ROWS}, lpad(n::text, 24, '0')
   from generate_series(1, ${ROWS}) as n cross join generate_series(0, 1) as m`,
);
await database.sql(
  `insert into tags (workspace_id, name) select 1, 'tag ' || n from generate_series(1, 600) as n`,
);
await database.sql(
  `insert into company_tags (workspace_id, company_id, tag_id)
   select 1, n, 1 + n % 600 from generate_series(1, ${ROWS}) as n`,
);
await database.sql('analyze');

/** Counts the rows of the tables that were read so far, with an index or without. */
async function rowsRead(): Promise<number> {
  await database.sql('select pg_stat_force_next_flush()');
  const [row] = await database.sql<{ count: number }>(
    `select sum(seq_tup_read + idx_tup_fetch)::int as count from pg_stat_user_tables
     where relname in ('contacts', 'companies', 'company_contacts', 'company_tags', 'tags')`,
  );
  return row!.count;
}

const contact = (n: number): string => String(n).padStart(24, '0');
const rows = { offset: 0, count: 50 };
const tagged = { ...rows, isDescending: true, tagId: 7 };
const some = Array.from({ length: 20 }, (_, n) => n + 100);

const reads: readonly [string, (connection: Connection) => Promise<unknown>][] = [
  ['lists of contacts', (by) => findCompanyLists(by, 1, some.map(contact), 10)],
  ['companies of a contact', (by) => listCompaniesOfContact(by, 1, contact(99), rows)],
  ['one company of a contact', (by) => isCompanyAttached(by, 1, contact(99), 100)],
  ['counts of companies', (by) => countContactsOfCompanies(by, 1, some)],
  ['contacts of a company', (by) => listContactsOfCompany(by, 1, 100, rows)],
  ['tags of companies', (by) => findTagsOfCompanies(by, 1, some)],
  ['companies with a tag', (by) => listCompanies(by, 1, tagged)],
];

for (const [name, read] of reads) {
  test(`${name}: are found by an index`, async () => {
    const before = await rowsRead();
    // The sixth time, PostgreSQL may choose a plan for all parameters.
    for (let times = 0; times < 7; times += 1) {
      await readAs(pool, 1, async (connection) => {
        await read(connection);
        await connection.query('select pg_stat_force_next_flush()');
      });
    }
    const count = ((await rowsRead()) - before) / 7;
    assert.ok(count > 0 && count < ROWS_READ_MAX, `${count} rows read`);
  });
}
