// Reads the log of outbound events in the order of every transport (callback, SSE, polling). The engine writes the log;
// this file only sets the offset of its positions, once, after a restore.
//
// The order is that of positions, which rise with the transactions that wrote them. A transaction in flight may still
// add an event before committed ones, so only events before the settled position are shown. No event can appear before
// it any more, so a reader that has read up to there has missed nothing.

import { eventId, readEventId } from '../../core/conversation/outbound-event-id.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** A position in the order of the log: just after the event there. */
export type LogPosition = {
  readonly position: number;
  readonly conversationId: number;
  readonly sequence: number;
};

/** The position before all events. */
export const beginningOfLog: LogPosition = { position: 0, conversationId: 0, sequence: 0 };

/** The log of a channel, or of one of its conversations. */
export type LogScope = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number | null;
};

export type LoggedRow = LogPosition & {
  readonly name: string;
  /** The JSON text, the same for every transport. */
  readonly body: string;
  readonly createdAt: number;
};

export type LogPage = {
  readonly rows: readonly LoggedRow[];
  /** Whether more settled events follow. */
  readonly hasMore: boolean;
  /** Whether there are events that are written but not settled. */
  readonly hasUnsettled: boolean;
  /** The position up to which the scope was read. */
  readonly end: LogPosition;
};

/** Returns the public id of a row. */
export const idOfRow = (row: Pick<LoggedRow, 'conversationId' | 'sequence' | 'createdAt'>) =>
  eventId(row.conversationId, row.sequence, row.createdAt);

/** Whether one position lies after another. */
export const isAfter = (one: LogPosition, other: LogPosition): boolean =>
  (one.position - other.position ||
    one.conversationId - other.conversationId ||
    one.sequence - other.sequence) > 0;

const rowColumns = `position, conversation_id as "conversationId", sequence, name, body, created_at as "createdAt"`;

/**
 * Forces index scans of the log. Without this the planner, which cannot estimate the settled position, may one day
 * read the whole table.
 */
export const walkIndexes =
  'set local enable_seqscan = off; set local enable_sort = off; set local enable_bitmapscan = off';

const orderOf = (isConversation: boolean, direction: '' | ' desc' = ''): string =>
  (isConversation ? ['sequence'] : ['position', 'conversation_id', 'sequence'])
    .map((column) => column + direction)
    .join(', ');

/** The statement that reads a page, by the conversation's key or in the channel's order. */
const pageStatement = (isConversation: boolean) => ({
  name: isConversation ? 'read_events_of_conversation' : 'read_events_of_channel',
  text: `with settled as materialized (select settled_position() as position),
    candidates as (
      select * from outbound_events
      where workspace_id = $1 and channel_id = $2 and position < (select position from settled)
        and (position, conversation_id, sequence) > ($4, $5, $6)
        ${isConversation ? 'and conversation_id = $3' : 'and $3::bigint is null'}
      order by ${orderOf(isConversation)}
      limit $7 + 1),
    measured as (
      select *, row_number() over log_order as number, count(*) over () as found,
        sum(octet_length(body)) over log_order - octet_length(body) as bytes_before,
        sum(octet_length(body)) over log_order as bytes
      from candidates window log_order as (order by ${orderOf(isConversation)})),
    newest as materialized (
      select position from outbound_events where workspace_id = $1 and channel_id = $2
      order by ${orderOf(false, ' desc')} limit 1)
    select s.position as settled, m.found,
      coalesce((select position from newest) >= s.position, false) as "hasUnsettled",
      m.position, m.conversation_id as "conversationId", m.sequence, m.name, m.body,
      m.created_at as "createdAt"
    from settled s
    left join measured m on m.number <= $7 and (m.bytes <= $8 or m.bytes_before = 0)
    order by m.number`,
});

/** The statements that read a page; exported for tests of their plans. */
export const pageStatements = { channel: pageStatement(false), conversation: pageStatement(true) };

type PageRow = LoggedRow & { settled: number; found: number; hasUnsettled: boolean };
/** A row of a page; one without an event still describes the log. */
type MaybePageRow = Omit<PageRow, 'sequence'> & { sequence: number | null };

/**
 * Reads the settled events after a position, in order. Call it in a transaction.
 * @param bounds the most events, and the most bytes of text together; the first event is always included.
 */
export async function readEvents(
  connection: Connection,
  scope: LogScope,
  after: LogPosition,
  bounds: { readonly limit: number; readonly bytesMax: number },
): Promise<LogPage> {
  await connection.query(walkIndexes);
  const { rows } = await connection.query<MaybePageRow>({
    ...pageStatements[scope.conversationId === null ? 'channel' : 'conversation'],
    values: [
      scope.workspaceId,
      scope.channelId,
      scope.conversationId,
      after.position,
      after.conversationId,
      after.sequence,
      bounds.limit,
      bounds.bytesMax,
    ],
  });
  const found = rows.filter(isThere);
  const { settled, hasUnsettled } = rows[0]!;
  const hasMore = found.length > 0 && found[0]!.found > found.length;
  const last = found.at(-1);
  const endOfAll = { position: settled, conversationId: 0, sequence: 0 };
  // A reader's position beyond the end was read with a later snapshot.
  const caughtUp = isAfter(after, endOfAll) ? after : endOfAll;
  const end = hasMore ? placeOf(last!) : caughtUp;
  return { rows: found.map(asLoggedRow), hasMore, hasUnsettled, end };
}

const isThere = (row: MaybePageRow): row is PageRow => row.sequence !== null;

const placeOf = ({ position, conversationId, sequence }: LogPosition): LogPosition => ({
  position,
  conversationId,
  sequence,
});

const asLoggedRow = (row: PageRow): LoggedRow => ({
  ...placeOf(row),
  name: row.name,
  body: row.body,
  createdAt: row.createdAt,
});

/**
 * Finds the row of a public event id in this scope.
 * @returns null also for an id that only resembles an issued one.
 */
export async function findEvent(
  connection: Pick<Connection, 'query'>,
  scope: LogScope,
  id: string,
): Promise<LoggedRow | null> {
  const named = readEventId(id);
  if (named === null) return null;
  const { workspaceId, channelId, conversationId } = scope;
  if (conversationId !== null && conversationId !== named.conversationId) return null;
  const { rows } = await connection.query<LoggedRow>({
    name: 'find_outbound_event',
    text: `select ${rowColumns} from outbound_events
      where workspace_id = $1 and conversation_id = $2 and sequence = $3 and channel_id = $4`,
    values: [workspaceId, named.conversationId, named.sequence, channelId],
  });
  const row = rows[0];
  return row !== undefined && idOfRow(row) === id.toLowerCase() ? row : null;
}

/** Finds the newest settled event of a scope, and the position where future events begin. */
export async function findEndOfLog(
  connection: Connection,
  { workspaceId, channelId, conversationId }: LogScope,
): Promise<{ readonly newest: LoggedRow | null; readonly end: LogPosition }> {
  await connection.query(walkIndexes);
  const { rows } = await connection.query<MaybePageRow>({
    text: `with settled as materialized (select settled_position() as position),
      newest as (
        select * from outbound_events where workspace_id = $1 and channel_id = $2
          and ${conversationId === null ? '$3::bigint is null' : 'conversation_id = $3'}
          and position < (select position from settled)
        order by ${orderOf(conversationId !== null, ' desc')} limit 1)
      select s.position as settled, n.position, n.conversation_id as "conversationId", n.sequence,
        n.name, n.body, n.created_at as "createdAt"
      from settled s left join newest n on true`,
    values: [workspaceId, channelId, conversationId],
  });
  const row = rows[0]!;
  return {
    newest: isThere(row) ? asLoggedRow(row) : null,
    end: { position: row.settled, conversationId: 0, sequence: 0 },
  };
}

/**
 * Reads the settled events before a position, the newest first. Call it in a transaction.
 * @param before the exclusive end; null for none.
 */
export async function readEventsBackwards(
  connection: Connection,
  { workspaceId, channelId, conversationId }: LogScope,
  before: LogPosition | null,
  limit: number,
): Promise<LoggedRow[]> {
  await connection.query(walkIndexes);
  const isConversation = conversationId !== null;
  const end = before ?? { position: Number.MAX_SAFE_INTEGER, conversationId: 0, sequence: 0 };
  const { rows } = await connection.query<LoggedRow>({
    text: `select ${rowColumns} from outbound_events
      where workspace_id = $1 and channel_id = $2 and position < (select settled_position())
        and ${isConversation ? 'conversation_id = $3' : '$3::bigint is null'}
        and (position, conversation_id, sequence) < ($4, $5, $6)
      order by ${orderOf(isConversation, ' desc')} limit $7`,
    values: [
      workspaceId,
      channelId,
      conversationId,
      end.position,
      end.conversationId,
      end.sequence,
      limit,
    ],
  });
  return rows;
}

/** Whether a conversation exists and belongs to this channel. */
export async function isConversationOfChannel(
  connection: Connection,
  { workspaceId, channelId }: Pick<LogScope, 'workspaceId' | 'channelId'>,
  conversationId: number,
): Promise<boolean> {
  const { rows } = await connection.query({
    name: 'is_conversation_of_channel',
    text: `select from conversations
      where workspace_id = $1 and id = $2 and channel_id = $3 and deleted_at is null`,
    values: [workspaceId, conversationId, channelId],
  });
  return rows.length > 0;
}

/**
 * Makes sure that new events come after all that are in the log, by raising the offset of positions. That is needed
 * once, after a dump was restored to a cluster that has counted fewer transactions. Called when a server starts.
 * @param pool a pool that sees all workspaces.
 * @returns whether the offset was raised.
 */
export async function raiseLogOffset(pool: Pool): Promise<boolean> {
  const rows = await runStatement(pool, {
    text: `with newest as (
        select coalesce(max(last.position), 0) as position from channels c
        cross join lateral (
          select e.position from outbound_events e
          where e.workspace_id = c.workspace_id and e.channel_id = c.id
          order by e.position desc, e.conversation_id desc, e.sequence desc limit 1) as last)
      update log_offset o set value = n.position - pg_current_xact_id()::text::bigint + 1
      from newest n where n.position >= pg_current_xact_id()::text::bigint + o.value
      returning o.value`,
  });
  return rows.length > 0;
}
