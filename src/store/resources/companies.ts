// Reads and writes companies; commands write them as part of their transaction.

import type { Company } from '../../core/model/company.ts';
import type { Connection } from '../../database/pool.ts';

const columns = `id, company_id as "companyId", name, details, custom_attributes as "customAttributes",
  created_at as "createdAt", updated_at as "updatedAt"`;

export type CompanyFields = Pick<Company, 'companyId' | 'name' | 'details' | 'customAttributes'>;

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

/** Inserts a company. @returns null if there is one of this id. */
export async function insertCompany(
  connection: Connection,
  workspaceId: number,
  { companyId, name, details, customAttributes }: CompanyFields,
): Promise<Company | null> {
  const { rows } = await connection.query<Company>({
    name: 'insert_company',
    text: `insert into companies (workspace_id, company_id, name, details, custom_attributes)
      values ($1, $2, $3, $4, $5) on conflict do nothing returning ${columns}`,
    values: [
      ...[workspaceId, companyId, name],
      ...[JSON.stringify(details), JSON.stringify(customAttributes)],
    ],
  });
  return rows[0] ?? null;
}

/** Updates a company: what is given goes before what is there. */
export async function updateCompany(
  connection: Connection,
  workspaceId: number,
  id: number,
  { name, details, customAttributes }: Omit<CompanyFields, 'companyId'>,
): Promise<Company> {
  const { rows } = await connection.query<Company>({
    name: 'update_company',
    text: `update companies set name = coalesce($3, name), details = details || $4::jsonb,
        custom_attributes = custom_attributes || $5::jsonb, updated_at = now()
      where workspace_id = $1 and id = $2 returning ${columns}`,
    values: [workspaceId, id, name, JSON.stringify(details), JSON.stringify(customAttributes)],
  });
  return rows[0]!;
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
