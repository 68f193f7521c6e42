// The feed of the web app: reads what changed after a position, notes that a workspace uses it, removes what is old.
// Rows are read in the order of positions, and only those below which nothing can still be committed.

import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** How often the use of a workspace is noted, and how long the feed is kept. */
const NOTED_HOURS = 12;
const KEPT_HOURS = 24;
/** How many rows one read takes. */
const ROWS_MAX = 500;

export type FeedRow = {
  readonly position: number;
  readonly conversationIds: readonly number[];
  readonly versions: readonly number[];
  readonly kinds: readonly number[];
};

export type FeedPage = {
  readonly rows: readonly FeedRow[];
  /** The position up to which the page has everything. */
  readonly end: number;
  readonly hasMore: boolean;
  /** Whether there are rows beyond, below which something may still be committed. */
  readonly hasUnsettled: boolean;
};

/** Reads the changes after a position. */
export async function readFeed(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  after: number,
): Promise<FeedPage> {
  const { rows } = await connection.query<FeedRow & { readonly isSettled: boolean }>({
    name: 'read_inbox_feed',
    text: `select position, conversation_ids as "conversationIds", versions, kinds,
        position < (select settled_position()) as "isSettled"
      from inbox_changes where workspace_id = $1 and position > $2
      order by position limit ${ROWS_MAX}`,
    values: [workspaceId, after],
  });
  const settled = rows.filter(({ isSettled }) => isSettled);
  return {
    rows: settled,
    end: settled.at(-1)?.position ?? after,
    hasMore: settled.length === ROWS_MAX,
    hasUnsettled: settled.length < rows.length,
  };
}

/** Finds the position at which a new reader begins, and the oldest that is kept (null: there is none). */
export async function findFeedBounds(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
): Promise<{ readonly end: number; readonly oldest: number | null }> {
  const { rows } = await connection.query<{ end: number; oldest: number | null }>({
    name: 'inbox_feed_bounds',
    text: `select settled_position() - 1 as end,
        (select position from inbox_changes where workspace_id = $1 order by position limit 1) as oldest`,
    values: [workspaceId],
  });
  return rows[0]!;
}

/**
 * Notes that a workspace uses the web app, so that all servers write its feed.
 * @param pool a pool that sees all workspaces.
 * @returns whether it was written all the time until now.
 */
export async function noteInboxUse(pool: Pool, workspaceId: number): Promise<boolean> {
  const rows = await runStatement<{ wasInUse: boolean }>(pool, {
    name: 'note_inbox_use',
    text: `with before as (
        select id, inbox_used_at from workspaces where id = $1),
      noted as (
        update workspaces w set inbox_used_at = now(), config_version = w.config_version + 1
        from before b where w.id = b.id
          and (b.inbox_used_at is null or b.inbox_used_at < now() - interval '${NOTED_HOURS} hours'))
      select coalesce(inbox_used_at > now() - interval '${KEPT_HOURS} hours', false)
        -- A server may need a moment to learn that the feed is to be written.
        and inbox_used_at < now() - interval '3 s' as "wasInUse"
      from before`,
    values: [workspaceId],
  });
  return rows[0]?.wasInUse ?? false;
}

/** Removes old changes. @param pool a pool that sees all workspaces. @returns how many. */
export async function removeOldChanges(pool: Pool, rowsMax: number): Promise<number> {
  const rows = await runStatement<{ count: number }>(pool, {
    name: 'remove_old_inbox_changes',
    text: `with old as materialized (
        select workspace_id, position from inbox_changes
        where created_at < now() - interval '${KEPT_HOURS} hours' limit $1 for update skip locked),
      removed as (
        delete from inbox_changes c using old
        where c.workspace_id = old.workspace_id and c.position = old.position returning 1)
      select count(*) as count from removed`,
    values: [rowsMax],
  });
  return rows[0]!.count;
}
