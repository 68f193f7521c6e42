// The counts of the inbox. Nothing is counted while conversations change: the open ones are counted when a teammate
// looks, by one read of one index, and all views are sums over it, so they agree with each other.

import type { Connection } from '../../database/pool.ts';

/** How many open conversations have this assignee, team and channel. */
export type OpenCount = {
  readonly adminId: number | null;
  readonly teamId: number | null;
  readonly channelId: number;
  readonly count: number;
};

export type InboxCounts = { readonly open: readonly OpenCount[]; readonly snoozed: number };

const openCountsStatement = {
  name: 'inbox_open_counts',
  text: `select admin_assignee_id as "adminId", team_assignee_id as "teamId", channel_id as "channelId",
      count(*)::int as count
    from conversations where workspace_id = $1 and state = 'open' and deleted_at is null
    group by 1, 2, 3`,
};

/** Counts the conversations of a workspace. */
export async function countInbox(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
): Promise<InboxCounts> {
  const values = [workspaceId];
  const open = await connection.query<OpenCount>({ ...openCountsStatement, values });
  const snoozed = await connection.query<{ count: number }>({
    name: 'inbox_snoozed_count',
    text: `select count(*)::int as count from conversations
      where workspace_id = $1 and state = 'snoozed' and deleted_at is null`,
    values,
  });
  return { open: open.rows, snoozed: snoozed.rows[0]!.count };
}
