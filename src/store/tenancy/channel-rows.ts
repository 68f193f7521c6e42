// The channels of a workspace, as an operator lists, creates and changes them one by one.

import type { Channel } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';
import { channelColumns } from './access.ts';

/** A channel with the name of its workspace. */
export type ListedChannel = Channel & { readonly workspace: string; readonly createdAt: number };

const listedSql = `
  select w.name as workspace, c.created_at as "createdAt", ${channelColumns}
  from channels c join workspaces w on w.id = c.workspace_id
  where c.workspace_id = $1 and ($2::bigint is null or c.id = $2) and ($3::text is null or c.name = $3)
  order by c.id`;

/** Lists the channels, or those with a name: one or none. */
export async function listChannels(
  connection: Connection,
  workspaceId: number,
  name: string | null,
): Promise<ListedChannel[]> {
  return (await connection.query<ListedChannel>(listedSql, [workspaceId, null, name])).rows;
}

export async function findListedChannel(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<ListedChannel | null> {
  const { rows } = await connection.query<ListedChannel>(listedSql, [workspaceId, id, null]);
  return rows[0] ?? null;
}

export async function findChannelByName(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<ListedChannel | null> {
  return (await listChannels(connection, workspaceId, name))[0] ?? null;
}

/**
 * Makes other changes of the workspace's configuration wait until the end of the transaction. `parley apply` waits,
 * too.
 */
export async function lockConfiguration(
  connection: Connection,
  workspaceId: number,
): Promise<void> {
  await connection.query('select from workspaces where id = $1 for no key update', [workspaceId]);
}
