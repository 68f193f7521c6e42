// Removes a conversation, or the share of one person in it, in small steps: first its content, then its log once the
// events that wait are delivered. The removal's row goes last, so that whatever interrupts it, it goes on.

import { limits } from '../../base/limits.ts';
import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import { deleteFrom, deleteRows, type Rows } from './delete-rows.ts';

export type Removal = {
  readonly workspaceId: number;
  readonly conversationId: number;
  /** The deleted contact; empty: the conversation is removed for its age. */
  readonly contactId: string;
  /** Whether others take part: then only the share of the contact goes. */
  readonly isShared: boolean;
  readonly hasContent: boolean;
  readonly lastSequence: number;
  /** Whether its events have waited long enough for their delivery. */
  readonly isOverdue: boolean;
};

/**
 * Leases removals that are due, by moving their due time forward.
 * @param patienceMs how long events may wait for their delivery.
 */
export const claimRemovals = (
  pool: Pool,
  leaseMs: number,
  patienceMs: number,
  countMax: number,
): Promise<Removal[]> =>
  runStatement<Removal>(pool, {
    text: `with due as materialized (
        select workspace_id, conversation_id, contact_id from conversation_removals
        where due_at <= now() order by due_at limit $3 for update skip locked)
      update conversation_removals as r set due_at = now() + $1 * interval '1 ms' from due
      where r.workspace_id = due.workspace_id and r.conversation_id = due.conversation_id
        and r.contact_id = due.contact_id
      returning r.workspace_id as "workspaceId", r.conversation_id as "conversationId",
        r.contact_id as "contactId", r.is_shared as "isShared", r.has_content as "hasContent",
        r.last_sequence as "lastSequence",
        r.requested_at < now() - $2 * interval '1 ms' as "isOverdue"`,
    values: [leaseMs, patienceMs, countMax],
  });

const ofConversation = 'workspace_id = $1 and conversation_id = $2';
const ofLog = `${ofConversation} and sequence <= $3`;

const content: readonly Rows[] = [
  { table: 'conversation_signals', where: ofConversation },
  { table: 'quick_reply_options', where: ofConversation },
  { table: 'attribute_requests', where: ofConversation },
  { table: 'jobs', where: ofConversation },
  { table: 'drafts', where: ofConversation },
  { table: 'seen_positions', where: ofConversation },
];

/** Parts of a shared conversation that lose what they say. */
const blankedParts = `${ofConversation} and (
      author_type = 'bot' or part_type like 'conversation_attribute_updated%'
      or author_type in ('user', 'lead') and author_id in (
        select id from contacts where workspace_id = $1 and (id = $3 or merged_into = $3)))`;

const parts: Rows = { table: 'conversation_parts', where: ofConversation };

/** The log, after the lane that would deliver it. */
const log: readonly Rows[] = [
  { table: 'delivery_resends', where: ofLog },
  { table: 'dead_letters', where: ofLog },
  { table: 'delivery_attempts', where: ofLog },
  { table: 'outbound_events', where: ofLog },
];

const keysOf = ({ workspaceId, conversationId }: Removal) => [workspaceId, conversationId];

/** Removes some of the content. @returns whether there is more. */
export async function removeContent(
  pool: Pool,
  removal: Removal,
  rowsMax: number,
): Promise<boolean> {
  const values = keysOf(removal);
  if ((await deleteFrom(pool, content, values, rowsMax)) >= rowsMax) return true;
  if ((await releaseFiles(pool, removal, rowsMax)) >= rowsMax) return true;
  if (removal.isShared) return (await blankParts(pool, removal, rowsMax)) >= rowsMax;
  if (removal.contactId === '' && (await deleteEventIds(pool, removal, rowsMax)) >= rowsMax) {
    return true;
  }
  await deleteSpeakers(pool, removal);
  return (await deleteFrom(pool, [parts], values, rowsMax)) >= rowsMax;
}

/** Takes the files from the parts; jobs/old-files.ts removes those that no other part has, with their bytes. */
async function releaseFiles(pool: Pool, removal: Removal, rowsMax: number): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `with released as (
        delete from part_files where ${ofConversation} and (position, ordinal) in (
          select position, ordinal from part_files where ${ofConversation}
            and (not $4 or position in (select position from conversation_parts where ${blankedParts}))
          limit $5)
        returning file_id),
      due as (
        update files set remove_at = now()
        where workspace_id = $1 and id in (select file_id from released))
      select count(*) as count from released`,
    values: [...keysOf(removal), removal.contactId, removal.isShared, rowsMax],
  });
  return row!.count;
}

/**
 * Removes the ids of the app's events of a conversation that goes for its age, as far as no repeat of them is due any
 * more. Those of a deleted contact go with the contact. They are found by the authors of the parts.
 */
const deleteEventIds = (pool: Pool, removal: Removal, rowsMax: number): Promise<number> =>
  deleteRows(
    pool,
    {
      table: 'channel_events',
      where: `${ofConversation} and received_at < now() - $3 * interval '1 ms' and contact_id = any(array(
        select contact_id from conversations where workspace_id = $1 and id = $2
        union select author_id from conversation_parts where ${ofConversation} and author_type in ('user', 'lead')))`,
    },
    [...keysOf(removal), limits.idempotencyKeptMs],
    rowsMax,
  );

/** Removes the keys by which searches find the authors of the parts. */
async function deleteSpeakers(pool: Pool, removal: Removal): Promise<void> {
  await runStatement(pool, {
    text: `delete from conversation_keys where ${ofConversation} and key in (
        select search_key(kind, author_id) from (
          select distinct author_id from conversation_parts where ${ofConversation}) as authors
        cross join (values ('speaker'), ('former')) as kinds (kind))`,
    values: keysOf(removal),
  });
}

/**
 * Empties parts of a shared conversation: the contact's own, and what the bot said, which may repeat them. The words
 * of teammates and of other contacts stay, for they are theirs.
 */
async function blankParts(pool: Pool, removal: Removal, rowsMax: number): Promise<number> {
  const [row] = await runStatement<{ count: number }>(pool, {
    text: `with blanked as (
        update conversation_parts set body = null, metadata = null, event_details = null,
          external_id = null, is_redacted = true
        where workspace_id = $1 and conversation_id = $2 and position in (
          select position from conversation_parts
          where ${blankedParts} and (body is not null or metadata is not null or event_details is not null
              or external_id is not null)
          limit $4)
        returning 1)
      select count(*) as count from blanked`,
    values: [...keysOf(removal), removal.contactId, rowsMax],
  });
  return row!.count;
}

/** Notes that only the log is left. */
export async function noteContentRemoved(pool: Pool, removal: Removal): Promise<void> {
  await runStatement(pool, {
    text: `update conversation_removals set has_content = false where ${ofConversation} and contact_id = $3`,
    values: [...keysOf(removal), removal.contactId],
  });
}

/**
 * Takes the events from the lane, unless some of them wait for their delivery and may.
 * @returns whether the log may go.
 */
async function closeLane(pool: Pool, removal: Removal): Promise<boolean> {
  const values = [...keysOf(removal), removal.lastSequence, removal.isOverdue];
  const isDone = '($4 or next_sequence > $3)';
  const text = !removal.isShared
    ? `delete from delivery_lanes where ${ofConversation} and ${isDone}`
    : `update delivery_lanes set next_sequence = $3 + 1, attempt = 0, gap_from = null, lease = null,
          due_at = case when last_sequence > $3 then now() end
        where ${ofConversation} and next_sequence <= $3 and $4`;
  await runStatement(pool, { text, values });
  const waiting = await runStatement(pool, {
    text: `select from delivery_lanes where ${ofConversation} and next_sequence <= $3`,
    values: values.slice(0, 3),
  });
  return waiting.length === 0;
}

/** Removes some of the log. @returns `waits`: its events are being delivered. */
export async function removeLog(
  pool: Pool,
  removal: Removal,
  rowsMax: number,
): Promise<'more' | 'waits' | 'done'> {
  if (!(await closeLane(pool, removal))) return 'waits';
  const values = [...keysOf(removal), removal.lastSequence];
  return (await deleteFrom(pool, log, values, rowsMax)) >= rowsMax ? 'more' : 'done';
}

/** Lets a removal wait. */
export async function postponeRemoval(
  pool: Pool,
  removal: Removal,
  delayMs: number,
): Promise<void> {
  await runStatement(pool, {
    text: `update conversation_removals set due_at = now() + $4 * interval '1 ms'
      where ${ofConversation} and contact_id = $3`,
    values: [...keysOf(removal), removal.contactId, delayMs],
  });
}

/** Removes the conversation's row, if it goes, and the removal. */
export async function finishRemoval(pool: Pool, removal: Removal): Promise<void> {
  await runStatement(pool, {
    text: `with gone as (
        delete from conversations where workspace_id = $1 and id = $2 and $4)
      delete from conversation_removals where ${ofConversation} and contact_id = $3`,
    values: [...keysOf(removal), removal.contactId, !removal.isShared],
  });
}
