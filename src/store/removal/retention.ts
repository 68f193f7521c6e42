// The ages of each workspace, and the passes that remove what is older. A server takes a turn by moving the due time
// forward, under a lease that later writes name; every step may be repeated, so a lost lease harms nothing.

import type { RemovedCounts, RetentionAges } from '../../core/model/retention.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** Where a pass is. */
export type PassPlace = {
  /**
   *   events         the log, along its positions, channel by channel
   *   conversations  those that are old, and what is old in those that stay
   *   keys           idempotency keys
   */
  readonly stage: 'events' | 'conversations' | 'keys';
  readonly channelId: number;
  /** The last position of the log, or the last conversation, that was looked at. */
  readonly afterId: number;
};

export type RetentionTurn = PassPlace & {
  readonly workspaceId: number;
  readonly ages: RetentionAges;
  readonly lease: string;
  /** The moment from which ages count. */
  readonly asOfMs: number;
  readonly removed: RemovedCounts;
  /** When the clock is trusted again; null: it is. Nothing is removed until then. */
  readonly heldUntilMs: number | null;
};

/** A turn that is due later than this comes from a clock that was ahead. */
const DUE_MAX = `interval '2 days'`;
/** A clock that is this far ahead of the last turn is wrong, or no server has run for so long. */
const JUMP = `interval '7 days'`;
/** Time for correcting such a clock. */
const HOLD = `interval '1 day'`;

/** Takes a turn in a workspace in which one is due; null: there is none. */
export async function claimRetentionTurn(
  pool: Pool,
  lease: string,
  leaseMs: number,
): Promise<RetentionTurn | null> {
  const rows = await runStatement<RetentionTurn>(pool, {
    text: `with due as materialized (
        select workspace_id, as_of is null or as_of > now() as is_new, case
            when now() > looked_at + ${JUMP} then now() + ${HOLD}
            when held_until > now() and held_until <= now() + ${HOLD} then held_until end as held_until
        from retention where due_at <= now() or due_at > now() + ${DUE_MAX}
        order by due_at limit 1 for update skip locked)
      update retention as r set lease = $1, looked_at = now(), held_until = due.held_until,
        due_at = now() + case when due.held_until is null then $2 * interval '1 ms' else interval '1 hour' end,
        as_of = case when due.held_until is not null then null when due.is_new then now() else r.as_of end,
        started_at = case when due.is_new then now() else r.started_at end,
        removed = case when due.is_new and due.held_until is null then '{}' else r.removed end,
        stage = case when due.is_new then 'events' else r.stage end,
        channel_id = case when due.is_new then 0 else r.channel_id end,
        after_id = case when due.is_new then -1 else r.after_id end
      from due where r.workspace_id = due.workspace_id
      returning r.workspace_id as "workspaceId", r.ages, r.lease, r.stage, r.channel_id as "channelId",
        r.after_id as "afterId", r.as_of as "asOfMs", r.removed, r.held_until as "heldUntilMs"`,
    values: [lease, leaseMs],
  });
  return rows[0] ?? null;
}

/**
 * Records how far a pass is.
 * @param dueMs when the turn ends by itself, from now.
 * @returns false if another server has the turn, or the ages have changed.
 */
export async function saveRetentionTurn(
  pool: Pool,
  { workspaceId, lease, stage, channelId, afterId, removed }: RetentionTurn,
  dueMs: number,
): Promise<boolean> {
  const rows = await runStatement(pool, {
    text: `update retention set stage = $3, channel_id = $4, after_id = $5, removed = $6,
        due_at = now() + $7 * interval '1 ms'
      where workspace_id = $1 and lease = $2 returning 1`,
    values: [workspaceId, lease, stage, channelId, afterId, JSON.stringify(removed), dueMs],
  });
  return rows.length > 0;
}

/** Ends a pass. @param pauseMs how long until the next one. */
export async function finishRetentionPass(
  pool: Pool,
  { workspaceId, lease, removed }: RetentionTurn,
  pauseMs: number,
): Promise<void> {
  await runStatement(pool, {
    text: `update retention set as_of = null, lease = null, finished_at = now(), removed = $3,
        due_at = now() + $4 * interval '1 ms'
      where workspace_id = $1 and lease = $2`,
    values: [workspaceId, lease, JSON.stringify(removed), pauseMs],
  });
}

/** Returns the ages of a workspace. */
export async function readAges(
  connection: Connection,
  workspaceId: number,
): Promise<RetentionAges> {
  const { rows } = await connection.query<{ ages: RetentionAges }>(
    'select ages from retention where workspace_id = $1',
    [workspaceId],
  );
  return rows[0]?.ages ?? {};
}

/** Replaces the ages of a workspace. A pass in progress ends, and the next one is due at once. */
export async function writeAges(
  connection: Connection,
  workspaceId: number,
  ages: RetentionAges,
): Promise<void> {
  if (Object.keys(ages).length === 0) {
    await connection.query('delete from retention where workspace_id = $1', [workspaceId]);
    return;
  }
  await connection.query(
    `insert into retention (workspace_id, ages) values ($1, $2)
      on conflict (workspace_id) do update set ages = excluded.ages, as_of = null, lease = null, due_at = now()`,
    [workspaceId, JSON.stringify(ages)],
  );
}

export type RetentionState = {
  readonly workspace: string;
  readonly ages: RetentionAges;
  readonly removed: RemovedCounts;
  readonly isInProgress: boolean;
  readonly heldUntilMs: number | null;
  /** Since the last complete pass; null: there was none. */
  readonly sinceFinishedMs: number | null;
  /** Since the last complete pass, or else since the first one began. */
  readonly lateMs: number;
};

/** Lists the workspaces that do not keep everything. @param pool a pool that sees all workspaces. */
export const listRetention = (pool: Pool): Promise<RetentionState[]> =>
  runStatement<RetentionState>(pool, {
    text: `select w.name as workspace, r.ages, r.removed, r.as_of is not null as "isInProgress",
        r.held_until as "heldUntilMs", ms(now()) - ms(r.finished_at) as "sinceFinishedMs",
        greatest(0, ms(now()) - ms(coalesce(r.finished_at, r.started_at, now()))) as "lateMs"
      from retention as r join workspaces as w on w.id = r.workspace_id order by w.id`,
  });
