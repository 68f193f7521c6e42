// The contacts whose personal data is being removed. The engine adds a row in the statement that deletes the contact.
// A server leases one by moving its due time forward; every step may be repeated, so a lost lease harms nothing.

import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/**
 *   conversations  finds the conversations, and hides those that are the contact's alone
 *   person         removes notes, and the person from audit entries and stored responses
 *   events         waits until the conversations are removed, their events delivered first
 *   keys           removes the ids of events of the app, once no repeat of them is due any more
 */
export type ErasureStage = 'conversations' | 'person' | 'events' | 'keys' | 'done';

export type Erasure = {
  readonly workspaceId: number;
  readonly contactId: string;
  readonly stage: ErasureStage;
  readonly requestedAt: number;
};

/** Leases erasures that are due. */
export const claimErasures = (pool: Pool, leaseMs: number, countMax: number): Promise<Erasure[]> =>
  runStatement<Erasure>(pool, {
    text: `with due as materialized (
        select workspace_id, contact_id from erasures
        where due_at <= now() order by due_at limit $2 for update skip locked)
      update erasures as e set due_at = now() + $1 * interval '1 ms' from due
      where e.workspace_id = due.workspace_id and e.contact_id = due.contact_id
      returning e.workspace_id as "workspaceId", e.contact_id as "contactId", e.stage,
        e.requested_at as "requestedAt"`,
    values: [leaseMs, countMax],
  });

/**
 * Moves an erasure to a stage, or leaves it there for later.
 * @param sinceRequestMs counts the delay from the request and not from now.
 */
export async function moveErasure(
  pool: Pool,
  { workspaceId, contactId }: Erasure,
  stage: ErasureStage,
  { delayMs = 0, sinceRequestMs = 0 } = {},
): Promise<void> {
  await runStatement(pool, {
    text: `update erasures set stage = $3,
        due_at = case when $3 <> 'done' then greatest(
          now() + $4 * interval '1 ms', requested_at + $5 * interval '1 ms') end,
        finished_at = case when $3 = 'done' then now() end
      where workspace_id = $1 and contact_id = $2`,
    values: [workspaceId, contactId, stage, delayMs, sinceRequestMs],
  });
}

export type ErasureRow = Erasure & {
  readonly finishedAt: number | null;
  /** Conversations that are still to be removed. */
  readonly conversations: number;
};

/** Lists the erasures of a workspace, the newest first. */
export async function listErasures(
  connection: Connection,
  workspaceId: number,
  limit: number,
): Promise<ErasureRow[]> {
  const { rows } = await connection.query<ErasureRow>(
    `select workspace_id as "workspaceId", contact_id as "contactId", stage,
        requested_at as "requestedAt", finished_at as "finishedAt",
        (select count(*) from conversation_removals as r
         where r.workspace_id = e.workspace_id and r.contact_id = e.contact_id) as conversations
      from erasures as e where workspace_id = $1
      order by requested_at desc, contact_id limit $2`,
    [workspaceId, limit],
  );
  return rows;
}

/** Counts the contacts whose data is still being removed, event ids aside. */
export async function countErasures(
  pool: Pool,
): Promise<{ readonly unfinished: number; readonly oldestSeconds: number }> {
  const [row] = await runStatement<{ unfinished: number; oldestSeconds: number }>(pool, {
    text: `select count(*) as unfinished,
        coalesce(extract(epoch from now() - min(requested_at)), 0)::float8 as "oldestSeconds"
      from erasures where due_at is not null and stage <> 'keys'`,
  });
  return row!;
}
