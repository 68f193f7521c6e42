// SQL that finds the rows that may match a filter by an index: conditions that are true of every such row, and of some
// others. The filter itself decides. Under forced row-level security only =, < and > of numbers, texts and times use an
// index; so lists, JSON and moments that change often have a number beside them
// (docs/decisions/0018-indexes-under-row-level-security.md).

import type { Coarse, Keyed } from '../../core/search/fields.ts';
import { code, join, type Sql, sql } from './sql.ts';

/** SQL of the rows of a workspace whose list or attribute has one of the values. The keys are constants to the planner. */
export function keyedRows(
  { keys, kind }: Keyed,
  workspaceId: number,
  name: Sql,
  values: readonly unknown[],
): Sql {
  const { table, column, id } = keys;
  const wanted = values.map((value) => sql`search_key(${name}, ${valueText(kind, value)})`);
  return sql`${code(id)} in (
    select k.${code(column)} from ${code(table)} k
    where k.workspace_id = ${workspaceId} and k.key = ${anyOfKeys(wanted)})`;
}

const anyOfKeys = (keys: readonly Sql[]): Sql =>
  keys.length === 1 ? keys[0]! : sql`any(array[${join(keys, ', ')}])`;

/** SQL of a value's text as in its key (migration 0018). */
const valueText = (kind: Keyed['kind'], value: unknown): Sql =>
  kind === 'attribute'
    ? sql`search_text(${JSON.stringify(value)}::jsonb)`
    : sql`${String(value)}::text`;

const idForm = /^[1-9]\d{0,14}$/;

/** Returns the texts that can be ids, as numbers. */
const numbersOf = (ids: readonly unknown[]): readonly number[] =>
  ids
    .map(String)
    .filter((text) => idForm.test(text))
    .map(Number);

/** Whether a row has one of some tags. Deleted tags stay in the rows but do not count. */
export const hasTag = ({ keys }: Keyed, workspaceId: number, ids: readonly unknown[]): Sql =>
  sql`${code(keys.tagIds)} && array(
    select t.id from tags t where t.workspace_id = ${workspaceId} and t.id = any(${numbersOf(ids)}::bigint[]))`;

/** Whether one of some teammates is assigned or wrote. */
export const hasTeammate = (ids: readonly unknown[]): Sql =>
  sql`(v.admin_assignee_id = any(${numbersOf(ids)}::bigint[]) or exists (
    select from conversation_parts p
    where p.workspace_id = v.workspace_id and p.conversation_id = v.id and p.author_type = 'admin'
      and p.author_id = any(${ids.map(String)}::text[])))`;

/** The contacts that count as one of some contacts: themselves, and the leads that were merged into them. */
const persons = (workspaceId: number, isOne: Sql): Sql => sql`array(
  select m.id from contacts m where m.workspace_id = ${workspaceId} and m.merged_into is null and ${isOne}
  union all
  select l.id from contacts m
  join contacts l on l.workspace_id = ${workspaceId} and l.merged_into = m.id
  where m.workspace_id = ${workspaceId} and ${isOne})`;

/** The conversations that may have begun with one of some contacts, or with the teammates of some ids, as texts. */
export function begunBy(workspaceId: number, isOne: Sql, adminIds: Sql): Sql {
  const ids = persons(workspaceId, isOne);
  return sql`(v.contact_id = any(${ids}) or v.begun_by = any(${ids}) or v.begun_by = any(${adminIds}))`;
}

/** The conversations of which one of some contacts is a member. */
export function withMember(workspaceId: number, ids: readonly unknown[]): Sql {
  const isOne = sql`m.id = any(${ids.map(String)}::text[])`;
  return sql`(v.contact_id = any(${persons(workspaceId, isOne)}) or v.id = any(array(
    select k.conversation_id from conversation_keys k
    where k.workspace_id = ${workspaceId} and k.key = any(array(
      select search_key('contact', person) from unnest(${persons(workspaceId, isOne)}) as p(person))))))`;
}

/** The conversations in which one of some teammates wrote, or that are assigned to one of them. */
export function withTeammate(workspaceId: number, ids: readonly unknown[]): Sql {
  const texts = ids.map(String);
  return sql`(v.admin_assignee_id = any(${numbersOf(ids)}::bigint[]) or v.id = any(array(
    select k.conversation_id from conversation_keys k
    where k.workspace_id = ${workspaceId} and k.key = any(array(
      select search_key('speaker', id) from unnest(${texts}::text[]) as t(id))))))`;
}

/** The origin of coarse time, in unix seconds: 2000-01-01. */
const COARSE_BEGIN = 946_684_800;
const INTEGER_MAX = 2_147_483_647;

/** Computes the unit of coarse time that contains a moment. */
export const coarseOf = ({ unitSeconds }: Coarse, seconds: number): number => {
  const unit = Math.floor((seconds - COARSE_BEGIN) / unitSeconds);
  return Math.max(-INTEGER_MAX, Math.min(INTEGER_MAX, unit));
};
