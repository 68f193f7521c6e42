// Reads and writes companies; commands write them as part of their transaction.

import type { Company } from '../../core/model/company.ts';
import type { Connection } from '../../database/pool.ts';

export const companyColumns = `id, company_id as "companyId", name, details, custom_attributes as "customAttributes",
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
    text: `select ${companyColumns} from companies where workspace_id = $1 and ${column} = $2
      order by id limit 1`,
    values: [workspaceId, value],
  });
  return rows[0] ?? null;
}

/** Finds a company and keeps it from being deleted until the transaction ends. */
export async function holdCompany(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Company | null> {
  const { rows } = await connection.query<Company>({
    name: 'hold_company',
    text: `select ${companyColumns} from companies where workspace_id = $1 and id = $2 for key share`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Finds the ids of companies by their names, in the order of the names; null for an unknown one. */
export async function findCompanyIds(
  connection: Connection,
  workspaceId: number,
  names: readonly { readonly id: number | null; readonly companyId: string | null }[],
): Promise<readonly (number | null)[]> {
  const { rows } = await connection.query<{ id: number | null }>({
    name: 'find_company_ids',
    text: `select c.id from unnest($2::bigint[], $3::text[]) with ordinality as n(id, company_id, place)
      left join lateral (
        (select id from companies where workspace_id = $1 and id = n.id)
        union all
        (select id from companies
         where workspace_id = $1 and n.id is null and company_id = n.company_id)
        limit 1) as c on true
      order by n.place`,
    values: [workspaceId, names.map(({ id }) => id), names.map(({ companyId }) => companyId)],
  });
  return rows.map(({ id }) => id);
}

type CompanyPage = {
  readonly offset: number;
  readonly count: number;
  readonly isDescending: boolean;
  /** Only companies with this tag; null: all. */
  readonly tagId: number | null;
};

/** Lists companies by page number. */
export async function listCompanies(
  connection: Connection,
  workspaceId: number,
  { offset, count, isDescending, tagId }: CompanyPage,
): Promise<{ readonly companies: readonly Company[]; readonly total: number }> {
  const order = isDescending ? 'desc' : 'asc';
  const from =
    tagId === null
      ? 'companies where workspace_id = $1'
      : `(select company_id as tagged_id from company_tags where workspace_id = $1 and tag_id = $4)
          as tagged join companies on workspace_id = $1 and id = tagged_id`;
  const { rows } = await connection.query<Company>({
    name: `list_companies_${tagId === null ? 'all' : 'tagged'}_${order}`,
    text: `select ${companyColumns} from ${from} order by id ${order} offset $2 limit $3`,
    values: [workspaceId, offset, count, ...(tagId === null ? [] : [tagId])],
  });
  return { companies: rows, total: await countCompanies(connection, workspaceId, tagId) };
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
    text: `select ${companyColumns} from companies where workspace_id = $1 and id > $2 order by id limit $3`,
    values: [workspaceId, afterId, count],
  });
  return rows;
}

/** Counts the companies, or only those with a tag. */
export async function countCompanies(
  connection: Connection,
  workspaceId: number,
  tagId: number | null = null,
): Promise<number> {
  const { rows } = await connection.query<{ count: number }>(
    tagId === null
      ? {
          name: 'count_companies',
          text: 'select count(*) from companies where workspace_id = $1',
          values: [workspaceId],
        }
      : {
          name: 'count_tagged_companies',
          text: 'select count(*) from company_tags where workspace_id = $1 and tag_id = $2',
          values: [workspaceId, tagId],
        },
  );
  return rows[0]!.count;
}

/** Inserts a company, or updates the one of this id: what is given goes before what is there. */
export async function upsertCompany(
  connection: Connection,
  workspaceId: number,
  companyId: string,
  given: GivenCompany,
): Promise<{ readonly company: Company; readonly isNew: boolean }> {
  const { rows } = await connection.query<Company & { isNew: boolean }>({
    name: 'upsert_company',
    text: `insert into companies (workspace_id, company_id, name, details, custom_attributes)
      values ($1, $2, $3, $4, jsonb_strip_nulls($5::jsonb))
      on conflict (workspace_id, company_id) do update set ${given3To5}
      returning ${companyColumns}, xmax = 0 as "isNew"`,
    values: [workspaceId, companyId, ...valuesOf(given)],
  });
  const { isNew, ...company } = rows[0]!;
  return { company, isNew };
}

/** Updates a company. @returns null if it does not exist. */
export async function updateCompany(
  connection: Connection,
  workspaceId: number,
  id: number,
  given: GivenCompany,
): Promise<Company | null> {
  const { rows } = await connection.query<Company>({
    name: 'update_company',
    text: `update companies set ${given3To5} where workspace_id = $1 and id = $2
      returning ${companyColumns}`,
    values: [workspaceId, id, ...valuesOf(given)],
  });
  return rows[0] ?? null;
}

const valuesOf = ({ name, details, customAttributes }: GivenCompany) => [
  name,
  JSON.stringify(details),
  JSON.stringify(customAttributes),
];

/** Sets the fields of a company from the parameters 3 to 5. */
const given3To5 = `name = coalesce($3, companies.name), details = companies.details || $4::jsonb,
  custom_attributes = jsonb_strip_nulls(companies.custom_attributes || $5::jsonb), updated_at = now()`;

/** Deletes a company. @returns whether it existed. */
export async function deleteCompany(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Company | null> {
  const { rows } = await connection.query<Company>({
    name: 'delete_company',
    text: `delete from companies where workspace_id = $1 and id = $2 returning ${companyColumns}`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}
