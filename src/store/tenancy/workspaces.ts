// Creates and lists workspaces, their admins and their channels, for the command line and the first start.

import type { Admin, Channel, Workspace } from '../../core/model/model.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import { channelColumns } from './access.ts';

export type { Admin, Workspace };

const workspaceColumns = `id, name, created_at as "createdAt"`;

const adminColumns = `
  id, name, email, job_title as "jobTitle", away_mode_enabled as "awayModeEnabled",
  away_mode_reassign as "awayModeReassign", has_inbox_seat as "hasInboxSeat",
  away_status_reason_id as "awayStatusReasonId"`;

export const listWorkspaces = (pool: Pool): Promise<Workspace[]> =>
  runStatement<Workspace>(pool, { text: `select ${workspaceColumns} from workspaces order by id` });

export async function findWorkspace(pool: Pool, name: string): Promise<Workspace | null> {
  const rows = await runStatement<Workspace>(pool, {
    text: `select ${workspaceColumns} from workspaces where name = $1`,
    values: [name],
  });
  return rows[0] ?? null;
}

/**
 * Creates a workspace with its first admin and channel, all or nothing.
 * @returns null if the name is taken.
 */
export async function createWorkspace(
  pool: Pool,
  name: string,
  admin: { readonly name: string; readonly email: string },
  channelName: string,
): Promise<Workspace | null> {
  const rows = await runStatement<Workspace>(pool, {
    text: `with made as (
        insert into workspaces (name) values ($1) on conflict (name) do nothing
        returning id, name, created_at),
      first_admin as (
        insert into admins (workspace_id, name, email, role) select id, $2, $3, 'owner' from made),
      first_channel as (
        insert into channels (workspace_id, name) select id, $4 from made)
      select ${workspaceColumns} from made`,
    values: [name, admin.name, admin.email, channelName],
  });
  return rows[0] ?? null;
}

/** Returns the oldest admin of a workspace, who represents it until it has more. */
export async function firstAdmin(pool: Pool, workspaceId: number): Promise<Admin> {
  const rows = await runStatement<Admin>(pool, {
    text: `select ${adminColumns} from admins where workspace_id = $1 order by id limit 1`,
    values: [workspaceId],
  });
  if (rows[0] === undefined) throw new Error(`workspace ${workspaceId} has no admin`);
  return rows[0];
}

export async function findAdmin(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Admin | null> {
  const { rows } = await connection.query<Admin>({
    name: 'find_admin',
    text: `select ${adminColumns} from admins where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Reads the workspace that the transaction is confined to. */
export async function currentWorkspace(
  connection: Connection,
  workspaceId: number,
): Promise<Workspace | null> {
  const { rows } = await connection.query<Workspace>({
    name: 'current_workspace',
    text: `select ${workspaceColumns} from workspaces where id = $1`,
    values: [workspaceId],
  });
  return rows[0] ?? null;
}

export async function findChannel(
  pool: Pool,
  workspaceId: number,
  name: string,
): Promise<Channel | null> {
  const rows = await runStatement<Channel>(pool, {
    text: `select ${channelColumns} from channels c where c.workspace_id = $1 and c.name = $2`,
    values: [workspaceId, name],
  });
  return rows[0] ?? null;
}

/** Creates a channel. @returns null if the workspace already has one of this name. */
export async function createChannel(
  pool: Pool,
  workspaceId: number,
  name: string,
): Promise<Channel | null> {
  const rows = await runStatement<Channel>(pool, {
    text: `insert into channels as c (workspace_id, name) values ($1, $2)
      on conflict (workspace_id, name) do nothing returning ${channelColumns}`,
    values: [workspaceId, name],
  });
  return rows[0] ?? null;
}
