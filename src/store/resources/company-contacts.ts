// Reads and writes which contacts belong to which companies; commands write it as part of their transaction. A merged
// lead's companies are read with its user, and links of deleted contacts are never shown.

import type { Company } from '../../core/model/company.ts';
import type { Contact } from '../../core/model/model.ts';
import type { ContactList } from '../../core/presenters/contact.ts';
import type { Connection } from '../../database/pool.ts';
import { companyColumns } from './companies.ts';
import { contactColumns, personsOf } from './contacts.ts';

/** The rows of a page. */
export type Rows = { readonly offset: number; readonly count: number };

/** Makes other attachments to this contact wait until the transaction ends, so that its companies can be counted. */
export async function lockCompaniesOfContact(
  connection: Connection,
  workspaceId: number,
  contactId: string,
): Promise<void> {
  await connection.query({
    name: 'lock_companies_of_contact',
    text: `select pg_advisory_xact_lock(hashtextextended('companies of ' || $2::text, $1::bigint))`,
    values: [workspaceId, contactId],
  });
}

/** Counts the companies of each contact and finds the newest; contacts without companies are missing. */
export async function findCompanyLists(
  connection: Connection,
  workspaceId: number,
  contactIds: readonly string[],
  idsMax: number,
): Promise<ReadonlyMap<string, ContactList>> {
  const { rows } = await connection.query<ContactList & { readonly contactId: string }>({
    name: 'find_company_lists',
    text: `select asked.id as "contactId", count(distinct l.company_id) as count,
        (array_agg(distinct l.company_id order by l.company_id desc))[1:$3] as ids
      from unnest($2::text[]) as asked(id)
      cross join lateral ${personsOf('asked')} as person
      join company_contacts l on l.workspace_id = $1 and l.contact_id = person.id
      group by asked.id`,
    values: [workspaceId, contactIds, idsMax],
  });
  return new Map(rows.map(({ contactId, ...list }) => [contactId, list]));
}

/** Lists a page of a contact's companies, the newest first. */
export async function listCompaniesOfContact(
  connection: Connection,
  workspaceId: number,
  contactId: string,
  { offset, count }: Rows,
): Promise<Company[]> {
  const { rows } = await connection.query<Company>({
    name: 'list_companies_of_contact',
    text: `select ${companyColumns}
      from (
        select distinct l.company_id as linked_id from (select $2::text as id) as asked
        cross join lateral ${personsOf('asked')} as person
        join company_contacts l on l.workspace_id = $1 and l.contact_id = person.id) as linked
      join companies on workspace_id = $1 and id = linked_id
      order by id desc offset $3 limit $4`,
    values: [workspaceId, contactId, offset, count],
  });
  return rows;
}

/** Whether a company is attached to a contact, or to a lead that was merged into it. */
export async function isCompanyAttached(
  connection: Connection,
  workspaceId: number,
  contactId: string,
  companyId: number,
): Promise<boolean> {
  const { rows } = await connection.query({
    name: 'is_company_attached',
    text: `select from (select $2::text as id) as asked
      cross join lateral ${personsOf('asked')} as person
      join company_contacts l
        on l.workspace_id = $1 and l.company_id = $3 and l.contact_id = person.id
      limit 1`,
    values: [workspaceId, contactId, companyId],
  });
  return rows.length > 0;
}

/** Attaches a company to a contact that does not have it. */
export async function attachCompany(
  connection: Connection,
  workspaceId: number,
  contactId: string,
  companyId: number,
): Promise<void> {
  await connection.query({
    name: 'attach_company',
    text: `insert into company_contacts (workspace_id, company_id, contact_id) values ($1, $2, $3)`,
    values: [workspaceId, companyId, contactId],
  });
}

/** Detaches a company from a contact, and from the leads merged into it. @returns whether it was attached. */
export async function detachCompany(
  connection: Connection,
  workspaceId: number,
  contactId: string,
  companyId: number,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'detach_company',
    text: `delete from company_contacts l
      using (select $2::text as id) as asked cross join lateral ${personsOf('asked')} as person
      where l.workspace_id = $1 and l.company_id = $3 and l.contact_id = person.id`,
    values: [workspaceId, contactId, companyId],
  });
  return rowCount !== 0;
}

/**
 * SQL of the contacts of the companies with the ids of a parameter, as the list of contacts shows them. A merged lead
 * stands for its user, which only such a lead makes the plan look for.
 */
const contactsOf = (companyIds: string): string => `
  select distinct l.company_id, coalesce(c.merged_into, c.id) as id
  from company_contacts l
  join contacts c on c.workspace_id = $1 and c.id = l.contact_id
  where l.workspace_id = $1 and l.company_id = any(${companyIds}::bigint[])
    and case when c.merged_into is null then c.deleted_at is null and c.archived_at is null
      else exists (
        select from contacts u where u.workspace_id = $1 and u.id = c.merged_into
          and u.deleted_at is null and u.archived_at is null)
      end`;

/** Counts the contacts of companies; those without contacts are missing. Reads each contact. */
export async function countContactsOfCompanies(
  connection: Connection,
  workspaceId: number,
  companyIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await connection.query<{ companyId: number; count: number }>({
    name: 'count_contacts_of_companies',
    text: `select company_id as "companyId", count(*) as count from (${contactsOf('$2')}) as linked
      group by company_id`,
    values: [workspaceId, companyIds],
  });
  return new Map(rows.map(({ companyId, count }) => [companyId, count]));
}

/** Lists a page of a company's contacts, the newest first. */
export async function listContactsOfCompany(
  connection: Connection,
  workspaceId: number,
  companyId: number,
  { offset, count }: Rows,
): Promise<Contact[]> {
  const { rows } = await connection.query<Contact>({
    name: 'list_contacts_of_company',
    text: `select ${contactColumns('p')}
      from (${contactsOf('$2')} order by id desc offset $3 limit $4) as linked
      join contacts p on p.workspace_id = $1 and p.id = linked.id
      order by p.id desc`,
    values: [workspaceId, [companyId], offset, count],
  });
  return rows;
}
