// Lists, counts and discards dead letters. A discarded one stays in the log and keeps its row, and the next event of
// its conversation still names the gap.

import type { Connection } from '../../database/pool.ts';
import type { EventKey } from './event-admin.ts';

type Queryable = Pick<Connection, 'query'>;

export type DeadLetter = EventKey & {
  readonly channel: string;
  readonly name: string;
  readonly createdAt: number;
  readonly parkedAt: number;
  readonly reason: string;
  /** Whether a resend is requested. */
  readonly isRequested: boolean;
};

export type DeadLetterQuery = {
  readonly workspaceId: number;
  readonly channelId: number | null;
  /** Null: any. */
  readonly reason?: string | null;
  /** The last dead letter of the previous page, in the order of their keys; null: from the first. */
  readonly after: EventKey | null;
  readonly limit: number;
};

/** Lists dead letters in the order of their keys: each conversation in its own order. */
export async function listDeadLetters(
  connection: Queryable,
  { workspaceId, channelId, reason = null, after, limit }: DeadLetterQuery,
): Promise<DeadLetter[]> {
  const { rows } = await connection.query<DeadLetter>({
    text: `select d.conversation_id as "conversationId", d.sequence, c.name as channel, e.name,
        e.created_at as "createdAt", d.parked_at as "parkedAt", d.reason,
        r.sequence is not null as "isRequested"
      from dead_letters d
      join channels c on c.workspace_id = d.workspace_id and c.id = d.channel_id
      join outbound_events e on e.workspace_id = d.workspace_id
        and e.conversation_id = d.conversation_id and e.sequence = d.sequence
      left join delivery_resends r on r.workspace_id = d.workspace_id
        and r.conversation_id = d.conversation_id and r.sequence = d.sequence
      where d.workspace_id = $1 and d.discarded_at is null
        and ($2::bigint is null or d.channel_id = $2)
        and ($6::text is null or d.reason = $6)
        and (d.conversation_id, d.sequence) > ($3, $4)
      order by d.conversation_id, d.sequence limit $5`,
    values: [
      workspaceId,
      channelId,
      after?.conversationId ?? 0,
      after?.sequence ?? 0,
      limit,
      reason,
    ],
  });
  return rows;
}

/** Finds which of the events are not among the dead letters; returns their places in the list. */
export async function findNoDeadLetters(
  connection: Queryable,
  workspaceId: number,
  keys: readonly EventKey[],
): Promise<readonly number[]> {
  const { rows } = await connection.query<{ place: number }>({
    text: `select (k.n - 1)::int as place
      from unnest($2::bigint[], $3::int[]) with ordinality as k(conversation_id, sequence, n)
      where not exists (select from dead_letters d where d.workspace_id = $1
        and d.conversation_id = k.conversation_id and d.sequence = k.sequence and d.discarded_at is null)
      order by k.n`,
    values: [
      workspaceId,
      keys.map(({ conversationId }) => conversationId),
      keys.map(({ sequence }) => sequence),
    ],
  });
  return rows.map(({ place }) => place);
}

export type DeadLetterSum = {
  readonly channelId: number;
  readonly channel: string;
  readonly reason: string;
  readonly count: number;
  readonly conversations: number;
  readonly oldestAt: number;
  readonly newestAt: number;
};

export type DeadLetterScope = Pick<DeadLetterQuery, 'workspaceId' | 'channelId'>;

/** Counts dead letters by channel and reason, most first. */
export async function sumDeadLetters(
  connection: Queryable,
  { workspaceId, channelId }: DeadLetterScope,
  limit: number,
): Promise<DeadLetterSum[]> {
  const { rows } = await connection.query<DeadLetterSum>({
    text: `select c.id as "channelId", c.name as channel, d.reason, count(*)::int as count,
        count(distinct d.conversation_id)::int as conversations,
        min(d.parked_at) as "oldestAt", max(d.parked_at) as "newestAt"
      from dead_letters d
      join channels c on c.workspace_id = d.workspace_id and c.id = d.channel_id
      where d.workspace_id = $1 and d.discarded_at is null
        and ($2::bigint is null or d.channel_id = $2)
      group by c.id, c.name, d.reason order by count(*) desc, c.name, d.reason limit $3`,
    values: [workspaceId, channelId, limit],
  });
  return rows;
}

/** The dead letters that an operator selects. */
export type DeadLetterChoice = DeadLetterScope & {
  /** Specific events; null: all that match the other fields. */
  readonly keys: readonly EventKey[] | null;
  readonly reason: string | null;
  /** The minimum age of a dead letter; null: any. */
  readonly olderThanMs: number | null;
};

const chosenSql = `select d.workspace_id, d.conversation_id, d.sequence from dead_letters d
  where d.workspace_id = $1 and d.discarded_at is null
    and ($2::bigint is null or d.channel_id = $2)
    and ($3::json is null or (d.conversation_id, d.sequence) in (
      select c, s from json_to_recordset($3) as k(c bigint, s int)))
    and ($4::text is null or d.reason = $4)
    and ($5::bigint is null or d.parked_at < now() - $5 * interval '1 millisecond')`;

const valuesOf = ({ workspaceId, channelId, keys, reason, olderThanMs }: DeadLetterChoice) => [
  workspaceId,
  channelId,
  keys === null
    ? null
    : JSON.stringify(keys.map(({ conversationId: c, sequence: s }) => ({ c, s }))),
  reason,
  olderThanMs,
];

export async function countDeadLetters(
  connection: Queryable,
  choice: DeadLetterChoice,
): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    text: `select count(*)::int as count from (${chosenSql}) as chosen`,
    values: valuesOf(choice),
  });
  return rows[0]!.count;
}

/** The most dead letters that one statement discards: it holds its locks only briefly. */
export const discardedAtOnceMax = 5_000;

/**
 * Discards dead letters with their requested resends, up to the maximum; one that is in flight may still arrive.
 * @returns how many there were.
 */
export async function discardDeadLetters(
  connection: Queryable,
  choice: DeadLetterChoice,
): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    text: `with chosen as materialized (
        ${chosenSql} order by d.conversation_id, d.sequence limit ${discardedAtOnceMax} for update of d),
      forgotten as (
        delete from delivery_resends r using chosen c
        where r.workspace_id = c.workspace_id and r.conversation_id = c.conversation_id
          and r.sequence = c.sequence),
      discarded as (
        update dead_letters d set discarded_at = now() from chosen c
        where d.workspace_id = c.workspace_id and d.conversation_id = c.conversation_id
          and d.sequence = c.sequence)
      select count(*)::int as count from chosen`,
    values: valuesOf(choice),
  });
  return rows[0]!.count;
}
