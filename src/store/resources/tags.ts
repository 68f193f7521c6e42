// Reads and writes tags; commands write them as part of their transaction.

import type { Tag } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

/** Lists all tags, in the order in which they were created. */
export async function listTags(connection: Connection, workspaceId: number): Promise<Tag[]> {
  const { rows } = await connection.query<Tag>({
    name: 'list_tags',
    text: 'select id, name from tags where workspace_id = $1 order by id',
    values: [workspaceId],
  });
  return rows;
}

/** Finds the existing tags with these ids, in the order of the ids. */
export async function findTags(
  connection: Connection,
  workspaceId: number,
  ids: readonly number[],
): Promise<Tag[]> {
  if (ids.length === 0) return [];
  const { rows } = await connection.query<Tag>({
    name: 'find_tags',
    text: `select id, name from tags where workspace_id = $1 and id = any($2::bigint[])
      order by array_position($2::bigint[], id)`,
    values: [workspaceId, ids],
  });
  return rows;
}

/** Finds a tag by its id; null if there is none. */
export const findTag = async (
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Tag | null> => (await findTags(connection, workspaceId, [id]))[0] ?? null;

/** Finds a tag by its name, ignoring case. */
export async function findTagByName(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<Tag | null> {
  const { rows } = await connection.query<Tag>({
    name: 'find_tag_by_name',
    text: 'select id, name from tags where workspace_id = $1 and fold_case(name) = fold_case($2)',
    values: [workspaceId, name],
  });
  return rows[0] ?? null;
}

/** Inserts a tag. @returns null if the name is taken, ignoring case. */
export async function insertTag(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<Tag | null> {
  const { rows } = await connection.query<Tag>({
    name: 'insert_tag',
    text: `insert into tags (workspace_id, name) values ($1, $2)
      on conflict do nothing returning id, name`,
    values: [workspaceId, name],
  });
  return rows[0] ?? null;
}

export async function countTags(connection: Connection, workspaceId: number): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    name: 'count_tags',
    text: 'select count(*) from tags where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]!.count;
}

/** Renames a tag. @throws a unique violation if another tag has the name. */
export async function renameTag(
  connection: Connection,
  workspaceId: number,
  { id, name }: Tag,
): Promise<void> {
  await connection.query({
    name: 'rename_tag',
    text: 'update tags set name = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, id, name],
  });
}

/** Deletes a tag. @returns whether it existed. */
export async function deleteTag(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<string | null> {
  const { rows } = await connection.query<{ name: string }>({
    name: 'delete_tag',
    text: 'delete from tags where workspace_id = $1 and id = $2 returning name',
    values: [workspaceId, id],
  });
  return rows[0]?.name ?? null;
}

/** Finds the names of the workflows whose current versions add, remove or read a tag. */
export async function findWorkflowsWithTag(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>({
    name: 'find_workflows_with_tag',
    text: `select w.name from workflows w
      join workflow_versions v on v.workspace_id = w.workspace_id and v.workflow_id = w.id
        and v.version = w.current_version
      where w.workspace_id = $1 and jsonb_path_exists(v.definition::jsonb,
        '$.** ? ((@.do == "tag" && (@.add[*] == $id || @.remove[*] == $id))
          || (@.field == "conversation.tag_ids" && (@.value[*] == $id || @.value[*] == $text)))',
        jsonb_build_object('id', $2::bigint, 'text', $2::text))
      order by w.position, w.id`,
    values: [workspaceId, id],
  });
  return rows.map(({ name }) => name);
}

export type TagsOf = {
  readonly present: readonly number[];
  /** Tags that have been deleted since they were added. */
  readonly deleted: readonly number[];
};

/** A contact as a caller names it: by Parley's id or by its own. */
export type ContactName = { readonly id: string | null; readonly externalId: string | null };

/** Finds the tags of contacts, in the order of the names; null for an unknown contact. Follows merges. */
export async function findTagsOfContacts(
  connection: Connection,
  workspaceId: number,
  names: readonly ContactName[],
): Promise<readonly (TagsOf & { readonly contactId: string | null })[]> {
  const { rows } = await connection.query<TagsOf & { readonly contactId: string | null }>({
    name: 'find_tags_of_contacts',
    text: `select c.id as "contactId", ${tagColumns('c')}
      from unnest($2::text[], $3::text[]) with ordinality as n(id, external_id, place)
      left join lateral (
        (select id, merged_into from contacts where workspace_id = $1 and id = n.id)
        union all
        (select id, merged_into from contacts
         where workspace_id = $1 and n.id is null and external_id = n.external_id)
        limit 1) as named on true
      left join contacts c
        on c.workspace_id = $1
          and c.id = case when named.merged_into is null then named.id else named.merged_into end
          and c.deleted_at is null
      order by n.place`,
    values: [workspaceId, names.map(({ id }) => id), names.map(({ externalId }) => externalId)],
  });
  return rows;
}

/** Finds the tags of a conversation; none if it does not exist. */
export async function findTagsOfConversation(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<TagsOf> {
  const { rows } = await connection.query<TagsOf>({
    name: 'find_tags_of_conversation',
    text: `select ${tagColumns('v')} from conversations v where v.workspace_id = $1 and v.id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] ?? { present: [], deleted: [] };
}

/** Selects the ids in the list of a row, separated by whether the tags still exist. */
const tagColumns = (row: string): string =>
  [
    ['present', 'exists'],
    ['deleted', 'not exists'],
  ]
    .map(
      ([name, condition]) => `array(
        select u.id from unnest(${row}.tag_ids) as u(id)
        where ${condition} (select from tags t where t.workspace_id = $1 and t.id = u.id)) as ${name}`,
    )
    .join(', ');
