// Reads and writes the tags of companies; commands write them as part of their transaction.

import type { Tag } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

/** Finds the tags of companies, in the order in which the tags were created; companies without tags are missing. */
export async function findTagsOfCompanies(
  connection: Connection,
  workspaceId: number,
  companyIds: readonly number[],
): Promise<ReadonlyMap<number, readonly Tag[]>> {
  const { rows } = await connection.query<Tag & { companyId: number }>({
    name: 'find_tags_of_companies',
    text: `select a.company_id as "companyId", t.id, t.name from company_tags a
      join tags t on t.workspace_id = $1 and t.id = a.tag_id
      where a.workspace_id = $1 and a.company_id = any($2::bigint[]) order by t.id`,
    values: [workspaceId, companyIds],
  });
  return Map.groupBy(rows, ({ companyId }) => companyId);
}

/** Adds a tag to those of the companies that exist. @returns those that did not have it. */
export async function tagCompanies(
  connection: Connection,
  workspaceId: number,
  tagId: number,
  companyIds: readonly number[],
): Promise<number[]> {
  const { rows } = await connection.query<{ id: number }>({
    name: 'tag_companies',
    text: `with held as (
        select id from companies where workspace_id = $1 and id = any($3::bigint[])
        order by id for key share),
      held_tag as (select id from tags where workspace_id = $1 and id = $2 for key share)
      insert into company_tags (workspace_id, company_id, tag_id)
      select $1, held.id, held_tag.id from held cross join held_tag
      on conflict do nothing returning company_id as id`,
    values: [workspaceId, tagId, companyIds],
  });
  return rows.map(({ id }) => id);
}

/** Removes a tag from companies. @returns those that had it. */
export async function untagCompanies(
  connection: Connection,
  workspaceId: number,
  tagId: number,
  companyIds: readonly number[],
): Promise<number[]> {
  const { rows } = await connection.query<{ id: number }>({
    name: 'untag_companies',
    text: `delete from company_tags
      where workspace_id = $1 and tag_id = $2 and company_id = any($3::bigint[])
      returning company_id as id`,
    values: [workspaceId, tagId, companyIds],
  });
  return rows.map(({ id }) => id);
}
