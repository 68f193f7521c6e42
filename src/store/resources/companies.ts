// Reads and writes companies; commands write them as part of their transaction.

import type { Company } from '../../core/model/company.ts';
import type { Connection } from '../../database/pool.ts';

const columns = `id, company_id as "companyId", name, details, custom_attributes as "customAttributes",
  created_at as "createdAt", updated_at as "updatedAt"`;

/** The fields that a caller gives. Null and what is left out stay; a null attribute is removed. */
export type GivenCompany = Pick<Company, 'name' | 'details' | 'customAttributes'>;

/** A company as a caller names it: by Parley's id, by its own, or by the name. */
export type CompanyName = {
  readonly id?: number;
  readonly companyId?: string;
  readonly name?: string;
};

/** Finds a company; of several with the name, the oldest. */
export async function findCompany(
  connection: Connection,
  workspaceId: number,
  { id, companyId, name }: CompanyName,
): Promise<Company | null> {
  const names = { id, company_id: companyId, name };
  const [column, value] = Object.entries(names).find(([, one]) => one !== undefined)!;
  const { rows } = await connection.query<Company>({
    name: `find_company_by_${column}`,
    text: `select ${columns} from companies where workspace_id = $1 and ${column} = $2
      order by id limit 1`,
    values: [workspaceId, value],
  });
  return rows[0] ?? null;
}

/** Lists companies by page number. */
export async function listCompanies(
  connection: Connection,
  workspaceId: number,
  page: { readonly offset: number; readonly count: number; readonly isDescending: boolean },
): Promise<{ readonly companies: readonly Company[]; readonly total: number }> {
  const order = page.isDescending ? 'desc' : 'asc';
  const { rows } = await connection.query<Company>({
    name: `list_companies_${order}`,
    text: `select ${columns} from companies where workspace_id = $1
      order by id ${order} offset $2 limit $3`,
    values: [workspaceId, page.offset, page.count],
  });
  return { companies: rows, total: await countCompanies(connection, workspaceId) };
}

/** Lists the companies after one, in the order of creation. */
export async function scrollCompanies(
  connection: Connection,
  workspaceId: number,
  afterId: number,
  count: number,
): Promise<readonly Company[]> {
  const { rows } = await connection.query<Company>({
    name: 'scroll_companies',
    text: `select ${columns} from companies where workspace_id = $1 and id > $2 order by id limit $3`,
    values: [workspaceId, afterId, count],
  });
  return rows;
}

export async function countCompanies(connection: Connection, workspaceId: number): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    name: 'count_companies',
    text: 'select count(*) from companies where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]!.count;
}

/** Inserts a company, or updates the one of this id: what is given goes before what is there. */
export async function upsertCompany(
  connection: Connection,
  workspaceId: number,
  companyId: string,
  { name, details, customAttributes }: GivenCompany,
): Promise<{ readonly company: Company; readonly isNew: boolean }> {
  const { rows } = await connection.query<Company & { isNew: boolean }>({
    name: 'upsert_company',
    text: `insert into companies as c (workspace_id, company_id, name, details, custom_attributes)
      values ($1, $2, $3, $4, jsonb_strip_nulls($5::jsonb))
      on conflict (workspace_id, company_id) do update set
        name = coalesce(excluded.name, c.name), details = c.details || excluded.details,
        custom_attributes = jsonb_strip_nulls(c.custom_attributes || $5::jsonb), updated_at = now()
      returning ${columns}, xmax = 0 as "isNew"`,
    values: [
      ...[workspaceId, companyId, name],
      ...[JSON.stringify(details), JSON.stringify(customAttributes)],
    ],
  });
  const { isNew, ...company } = rows[0]!;
  return { company, isNew };
}

/** Deletes a company. @returns whether it existed. */
export async function deleteCompany(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<boolean> {
  const { rowCount } = await connection.query({
    name: 'delete_company',
    text: 'delete from companies where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
  return rowCount === 1;
}
