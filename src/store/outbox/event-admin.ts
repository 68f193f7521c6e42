// The command line's queries about events: attempts, resends, and the callback of a channel. Delivers nothing: it
// stores requests that the servers find.

import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import type { CallbackRow } from './callbacks.ts';
import type { LoggedRow } from './event-log.ts';

/** Identifies an event of a workspace. */
export type EventKey = { readonly conversationId: number; readonly sequence: number };

const rowColumns = `e.position, e.conversation_id as "conversationId", e.sequence, e.name, e.body,
  e.created_at as "createdAt"`;

/** Finds which events are in the log. */
export async function findEventsByKey(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  keys: readonly EventKey[],
): Promise<LoggedRow[]> {
  const { rows } = await connection.query<LoggedRow>({
    text: `select ${rowColumns} from json_to_recordset($2) as k(c bigint, s int)
      join outbound_events e
        on e.workspace_id = $1 and e.conversation_id = k.c and e.sequence = k.s`,
    values: [workspaceId, asJson(keys)],
  });
  return rows;
}

const asJson = (keys: readonly EventKey[]): string =>
  JSON.stringify(keys.map(({ conversationId, sequence }) => ({ c: conversationId, s: sequence })));

/** Finds when an event was written; null if it is not in the log. */
export async function findCreatedAt(
  pool: Pool,
  workspaceId: number,
  { conversationId, sequence }: EventKey,
): Promise<number | null> {
  const rows = await runStatement<{ createdAt: number }>(pool, {
    text: `select created_at as "createdAt" from outbound_events
      where workspace_id = $1 and conversation_id = $2 and sequence = $3`,
    values: [workspaceId, conversationId, sequence],
  });
  return rows[0]?.createdAt ?? null;
}

export type Attempt = {
  readonly attemptedAt: number;
  readonly status: number | null;
  readonly outcome: 'delivered' | 'retry' | 'parked' | 'disabled';
  readonly latencyMs: number;
  readonly detail: string;
};

/** Lists the attempts to deliver an event, the oldest first. */
export async function listAttempts(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  key: EventKey,
): Promise<Attempt[]> {
  const { rows } = await connection.query<Attempt>({
    text: `select attempted_at as "attemptedAt", status, outcome, latency_ms as "latencyMs", detail
      from delivery_attempts
      where workspace_id = $1 and conversation_id = $2 and sequence = $3 order by attempted_at`,
    values: [workspaceId, key.conversationId, key.sequence],
  });
  return rows;
}

/** The number of named events, by whether they can be resent. */
export type ResendCount = {
  readonly requested: number;
  /** Events that are still to be sent anyway. */
  readonly upcoming: number;
  /** Events whose channel has no callback. */
  readonly withoutCallback: number;
};

// Lanes are locked in the order of every statement that locks lanes, which prevents deadlocks.
const resendSql = (isDryRun: boolean) => `
with wanted as materialized (
  select e.conversation_id, e.sequence, cb.url is not null as has_callback
  from (select distinct c, s from json_to_recordset($2) as k(c bigint, s int)) as k
  join outbound_events e on e.workspace_id = $1 and e.conversation_id = k.c and e.sequence = k.s
  left join channel_callbacks cb on cb.workspace_id = $1 and cb.channel_id = e.channel_id
), lanes as materialized (
  select conversation_id, next_sequence from delivery_lanes
  where workspace_id = $1 and conversation_id in (select conversation_id from wanted)
  order by conversation_id ${isDryRun ? '' : 'for update'}
), sorted as materialized (
  select w.*, coalesce(w.sequence >= l.next_sequence, false) as is_upcoming
  from wanted w left join lanes l using (conversation_id)
)${isDryRun ? '' : requestCtes}
select count(*) filter (where has_callback and not is_upcoming) as requested,
  count(*) filter (where has_callback and is_upcoming) as upcoming,
  count(*) filter (where not has_callback) as "withoutCallback"
from sorted`;

// A lane that waits for its next attempt is woken too, since the operator expects that the receiver is back. A leased
// lane finds the request when its results are recorded.
const requestCtes = `, requested as (
  insert into delivery_resends (workspace_id, conversation_id, sequence)
  select $1, conversation_id, sequence from sorted where has_callback and not is_upcoming
  on conflict (workspace_id, conversation_id, sequence) do update set attempt = 0, requested_at = now()
), woken as (
  update delivery_lanes set due_at = now()
  where workspace_id = $1 and lease is null
    and conversation_id in (select conversation_id from sorted where has_callback and not is_upcoming)
)`;

/**
 * Requests that events be resent. Two requests send once.
 * @param isDryRun only counts.
 */
export async function requestResends(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  keys: readonly EventKey[],
  isDryRun: boolean,
): Promise<ResendCount> {
  const { rows } = await connection.query<ResendCount>({
    text: resendSql(isDryRun),
    values: [workspaceId, asJson(keys)],
  });
  return rows[0]!;
}

/** Finds the callback of a channel, even if it is disabled; null if there is no URL. */
export async function findCallback(
  connection: Connection,
  workspaceId: number,
  channelId: number,
): Promise<(CallbackRow & { readonly disabledReason: string | null }) | null> {
  const { rows } = await connection.query<CallbackRow & { disabledReason: string | null }>(
    `select workspace_id as "workspaceId", channel_id as "channelId", url, format,
        timeout_ms as "timeoutMs", retry_delays_ms as "retryDelaysMs",
        allowed_cidrs as "allowedCidrs", token_header as "tokenHeader",
        token_sealed as "tokenSealed", secret_sealed as "secretSealed",
        case when previous_secret_until > now() then previous_secret_sealed end
          as "previousSecretSealed",
        case when disabled_at is not null then coalesce(disabled_reason, 'disabled') end
          as "disabledReason"
      from channel_callbacks where workspace_id = $1 and channel_id = $2 and url is not null`,
    [workspaceId, channelId],
  );
  return rows[0] ?? null;
}
