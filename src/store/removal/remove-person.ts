// Removes a deleted contact from what is not part of a conversation: notes, details of audit entries, stored responses
// of requests with an idempotency key, and the ids of the app's events.

import { withoutTexts } from '../../core/contact/without-texts.ts';
import type { Json } from '../../core/model/model.ts';
import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import { deleteFrom, deleteRows, type Rows } from './delete-rows.ts';
import type { Erasure } from './erasures.ts';

const person = `(select id from contacts where workspace_id = $1 and (id = $2 or merged_into = $2))`;

const keysOf = ({ workspaceId, contactId }: Erasure) => [workspaceId, contactId];

/** The rows of other tables that are about the contact alone. */
const ofPerson = `workspace_id = $1 and contact_id in ${person}`;
const rows: readonly Rows[] = [
  { table: 'notes', where: ofPerson },
  { table: 'company_contacts', where: ofPerson },
];

/** Removes some of the notes and memberships. @returns how many. */
export const removeRows = (pool: Pool, erasure: Erasure, rowsMax: number): Promise<number> =>
  deleteFrom(pool, rows, keysOf(erasure), rowsMax);

/** Keeps who did what to the contact and when, by ids, and removes the details. */
export async function blankAudit(pool: Pool, erasure: Erasure): Promise<void> {
  await runStatement(pool, {
    text: `update audit_log set details = null
      where workspace_id = $1 and object_type = 'contact' and object_id in ${person}
        and details is not null`,
    values: keysOf(erasure),
  });
}

/** Removes the keys by which a search finds the conversations that the contact was in. */
export async function removeFormerKeys(pool: Pool, erasure: Erasure): Promise<void> {
  await runStatement(pool, {
    text: `delete from conversation_keys where workspace_id = $1
      and key in (select search_key('former', id) from ${person} as p)`,
    values: keysOf(erasure),
  });
}

/** A text of JSON that names the contact, and where it is. */
type Found = { readonly id: number; readonly step: string | null; readonly text: string };

/** Conversations that the contact began, until their rows are gone. */
const ownConversations = `(select id from conversations where workspace_id = $1 and contact_id in ${person})`;

/**
 * Removes the texts from some of the stored responses and results that name the contact, or whose request wrote in a
 * conversation that the contact began. They still answer a repeat.
 * @param after the last key of the page before; 0: none.
 * @returns the last key of this page; null: there are no more.
 */
export async function blankResponses(
  pool: Pool,
  erasure: Erasure,
  after: number,
  keysMax: number,
): Promise<number | null> {
  const [row] = await runStatement<{ last: number | null; count: number; found: Found[] }>(pool, {
    text: `with page as materialized (
        select id, body from idempotency_keys
        where workspace_id = $1 and id > $3 order by id limit $4),
      texts as (
        select id, null as step, body as text from page
        union all
        select p.id, e.step, e.result::text from page as p
        join idempotency_effects as e on e.workspace_id = $1 and e.key_id = p.id),
      found as (
        select * from texts where text <> '' and (
          exists (select from ${person} as p where strpos(texts.text, p.id) > 0)
          or exists (
            select from idempotency_effects as e where e.workspace_id = $1 and e.key_id = texts.id
              and (e.contact_id in ${person} or e.conversation_id in ${ownConversations}))))
      select max(id) as last, count(*) as count,
        coalesce((select json_agg(found) from found), '[]') as found
      from page`,
    values: [...keysOf(erasure), after, keysMax],
  });
  for (const one of row!.found) await blankText(pool, erasure, one);
  return row!.count < keysMax ? null : row!.last;
}

async function blankText(
  pool: Pool,
  { workspaceId }: Erasure,
  { id, step, text }: Found,
): Promise<void> {
  const blank = JSON.stringify(withoutTexts(JSON.parse(text) as Json));
  await runStatement(
    pool,
    step === null
      ? {
          text: 'update idempotency_keys set body = $3 where workspace_id = $1 and id = $2',
          values: [workspaceId, id, blank],
        }
      : {
          text: `update idempotency_effects set result = $4
            where workspace_id = $1 and key_id = $2 and step = $3`,
          values: [workspaceId, id, step, blank],
        },
  );
}

/** Removes the ids of some of the contact's events. @returns how many. */
export const removeEventIds = (pool: Pool, erasure: Erasure, rowsMax: number): Promise<number> =>
  deleteRows(
    pool,
    {
      table: 'channel_events',
      where: `workspace_id = $1 and contact_id = any(array${person})`,
    },
    keysOf(erasure),
    rowsMax,
  );

/** Whether conversations are still being removed. */
export async function hasRemovals(pool: Pool, erasure: Erasure): Promise<boolean> {
  const rows = await runStatement(pool, {
    text: `select from conversation_removals where workspace_id = $1 and contact_id = $2 limit 1`,
    values: keysOf(erasure),
  });
  return rows.length > 0;
}

/** Removes guards of e-mails that no concurrent writer needs any more. @returns how many. */
export const removeOldGuards = (pool: Pool, ageMs: number, rowsMax: number): Promise<number> =>
  deleteRows(
    pool,
    { table: 'email_guards', where: `given_at < now() - $1 * interval '1 ms'` },
    [ageMs],
    rowsMax,
  );
