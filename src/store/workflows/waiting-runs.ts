// Finds the conversations that wait in workflows. There is no index of them, because the hot path would have to write
// it: they are counted rarely, and listed in pieces of bounded work.

import type { Connection, Pool } from '../../database/pool.ts';
import { readAs } from '../sql/row-level-security.ts';

/** How long counting may take: a page shows a list without counts after that. */
const COUNT_TIMEOUT_MS = 5_000;
const TIMED_OUT = '57014';

/** How many conversations wait at a step. */
export type WaitingCount = {
  readonly workflowId: number;
  readonly version: number;
  readonly stepId: string;
  readonly count: number;
};

/**
 * Counts the waiting conversations of each step. Reads all conversations of the workspace.
 * @param pool a pool for the purpose `read`.
 * @returns null if that takes too long.
 */
export async function countWaitingRuns(
  pool: Pool,
  workspaceId: number,
): Promise<readonly WaitingCount[] | null> {
  const count = async (connection: Connection) => {
    const { rows } = await connection.query<WaitingCount>(
      `select (run->>'workflowId')::bigint as "workflowId", (run->>'version')::int as version,
          run->>'stepId' as "stepId", count(*)::int as count
        from conversations
        where workspace_id = $1 and deleted_at is null and run is not null and run->>'status' = 'waiting'
        group by 1, 2, 3`,
      [workspaceId],
    );
    return rows;
  };
  try {
    return await readAs(pool, workspaceId, count, { statementTimeoutMs: COUNT_TIMEOUT_MS });
  } catch (error) {
    if ((error as { code?: unknown }).code === TIMED_OUT) return null;
    throw error;
  }
}

/** A conversation whose run waits at a step. */
export type WaitingRun = {
  readonly conversationId: number;
  readonly externalId: string;
  readonly channelId: number;
  readonly stepId: string;
  readonly version: number;
};

export type WaitingRuns = {
  readonly runs: readonly WaitingRun[];
  /** The conversation after which the list goes on; null: it is complete. */
  readonly end: number | null;
};

/** The most conversations that one list looks at. */
const EXAMINED_MAX = 100_000;

/**
 * Lists conversations that wait in a workflow, the oldest first. Call it in a transaction.
 * @param afterId the conversation after which to begin.
 * @param limit the most runs.
 */
export async function listWaitingRuns(
  connection: Connection,
  workspaceId: number,
  workflowId: number,
  afterId: number,
  limit: number,
): Promise<WaitingRuns> {
  const { rows } = await connection.query<
    Omit<WaitingRun, 'conversationId'> & { conversationId: number | null; lastId: number | null }
  >(
    `with examined as materialized (
        select id, external_id, channel_id, run from conversations
        where workspace_id = $1 and id > $3 and deleted_at is null
        order by id limit ${EXAMINED_MAX}),
      found as (
        select id, external_id, channel_id, run->>'stepId' as step_id, (run->>'version')::integer as version
        from examined
        where run is not null and run->>'status' = 'waiting' and (run->>'workflowId')::bigint = $2
        order by id limit $4)
      select f.id as "conversationId", f.external_id as "externalId", f.channel_id as "channelId",
        f.step_id as "stepId", f.version,
        (select max(id) from examined having count(*) = ${EXAMINED_MAX}) as "lastId"
      from (select) as once left join found f on true
      order by f.id`,
    [workspaceId, workflowId, afterId, limit],
  );
  const runs = rows.flatMap(({ conversationId, lastId: _, ...run }) =>
    conversationId === null ? [] : [{ conversationId, ...run }],
  );
  const end = runs.length === limit ? runs.at(-1)!.conversationId : rows[0]!.lastId;
  return { runs, end };
}
