// Records the results of leased lanes, many in one statement. Skips lanes whose lease was lost: another server has them
// now, or the result was already recorded.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type AttemptRow = {
  readonly sequence: number;
  /** The time in milliseconds since 1970. */
  readonly at: number;
  readonly status: number | null;
  readonly outcome: 'delivered' | 'retry' | 'parked' | 'disabled';
  readonly latencyMs: number;
  readonly detail: string;
};

export type SettledLane = {
  readonly workspaceId: number;
  readonly conversationId: number;
  readonly channelId: number;
  readonly lease: string;
  readonly nextSequence: number;
  readonly attempt: number;
  readonly gapFrom: number | null;
  /** The delay until the next attempt; null: at once if there are more events, else at the next event. */
  readonly delayMs: number | null;
  readonly attempts: readonly AttemptRow[];
  /** An event that was dead-lettered. */
  readonly deadLetter: { readonly sequence: number; readonly reason: string } | null;
  /** The result of a resend: finished, or its failures so far. */
  readonly resend: {
    readonly sequence: number;
    readonly failures: number | null;
    readonly isDelivered: boolean;
  } | null;
  /** Set if the receiver responded with 410: the caller disables the channel for this URL with disableCallback(). */
  readonly disabled: { readonly url: string; readonly reason: string } | null;
};

// The rows are locked in the order that all statements use for lanes, by workspace and conversation as numbers, which
// prevents deadlocks.
const settledCte = `settled as (
  update delivery_lanes as l
  set next_sequence = g.next, attempt = g.attempt, gap_from = g.gap, lease = null,
    due_at = case
      when g.delay is not null then now() + make_interval(secs => g.delay / 1000.0)
      when l.last_sequence >= g.next then now()
      when exists (
        select from delivery_resends as r
        where r.workspace_id = g.w and r.conversation_id = g.c and r.sequence < g.next
          and r.sequence <> g.done) then now()
    end
  from json_to_recordset($1) as g(w bigint, c bigint, ch bigint, lease text, next int, attempt int,
    gap int, delay bigint, attempts json, parked int, reason text, resend int, failures int, done int,
    redelivered boolean, url text, disabled text)
  where l.workspace_id = g.w and l.conversation_id = g.c and l.lease = g.lease
  returning g.*, l.due_at
)`;

const attemptsCte = `attempts as (
  insert into delivery_attempts
    (workspace_id, conversation_id, sequence, attempted_at, channel_id, status, outcome, latency_ms, detail)
  select s.w, s.c, a.s, from_ms(a.at), s.ch, a.status, a.outcome, a.ms, a.detail
  from settled as s
  cross join lateral json_to_recordset(s.attempts)
    as a(s int, at bigint, status int, outcome text, ms int, detail text)
)`;

/** Parts that most batches do not need: they cost as much as recording a few lanes. */
const exceptionCtes = `dead as (
  insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason)
  select w, c, parked, ch, reason from settled where parked is not null
  on conflict (workspace_id, conversation_id, sequence)
    do update set reason = excluded.reason, parked_at = excluded.parked_at, discarded_at = null
), resends as (
  update delivery_resends as r set attempt = s.failures
  from settled as s
  where r.workspace_id = s.w and r.conversation_id = s.c and r.sequence = s.resend
    and s.failures is not null
), done as (
  delete from delivery_resends as r using settled as s
  where r.workspace_id = s.w and r.conversation_id = s.c and r.sequence = s.done
), redelivered as (
  delete from dead_letters as d using settled as s
  where d.workspace_id = s.w and d.conversation_id = s.c and d.sequence = s.done and s.redelivered
)`;

const summary = `select w as "workspaceId", ch as "channelId", count(*)::int as settled,
    count(*) filter (where due_at <= now())::int as due,
    min(url) as "goneUrl", min(disabled) as "goneReason"
  from settled group by w, ch`;

export const settleStatements = {
  plain: { name: 'delivery_settle', text: `with ${settledCte},\n${attemptsCte}\n${summary}` },
  withExceptions: {
    name: 'delivery_settle_with_exceptions',
    text: `with ${settledCte},\n${attemptsCte},\n${exceptionCtes}\n${summary}`,
  },
};

/**
 * The settled lanes of a channel: how many leases were still valid, and how many of these lanes are due now; and the
 * URL that responded with 410, with the reason.
 */
export type SettledChannel = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly settled: number;
  readonly due: number;
  readonly goneUrl: string | null;
  readonly goneReason: string | null;
};

/** Records the results of lanes, in any order. */
export function settleLanes(pool: Pool, lanes: readonly SettledLane[]): Promise<SettledChannel[]> {
  const statement = lanes.some(isException)
    ? settleStatements.withExceptions
    : settleStatements.plain;
  const values = [JSON.stringify([...lanes].sort(byKey).map(asGiven))];
  return runStatement<SettledChannel>(pool, { ...statement, values });
}

const isException = ({ deadLetter, resend, disabled }: SettledLane): boolean =>
  deadLetter !== null || resend !== null || disabled !== null;

const byKey = (a: SettledLane, b: SettledLane): number =>
  a.workspaceId - b.workspaceId || a.conversationId - b.conversationId;

function asGiven(lane: SettledLane): object {
  const { deadLetter, resend, disabled } = lane;
  const isResendOver = resend !== null && resend.failures === null;
  return {
    w: lane.workspaceId,
    c: lane.conversationId,
    ch: lane.channelId,
    lease: lane.lease,
    next: lane.nextSequence,
    attempt: lane.attempt,
    gap: lane.gapFrom,
    delay: lane.delayMs,
    attempts: lane.attempts.map((attempt) => ({
      s: attempt.sequence,
      at: attempt.at,
      status: attempt.status,
      outcome: attempt.outcome,
      ms: attempt.latencyMs,
      detail: attempt.detail,
    })),
    parked: deadLetter?.sequence,
    reason: deadLetter?.reason,
    resend: resend?.sequence,
    failures: resend?.failures,
    // No event has this sequence.
    done: isResendOver ? resend.sequence : 0,
    redelivered: resend?.isDelivered,
    url: disabled?.url,
    disabled: disabled?.reason,
  };
}
