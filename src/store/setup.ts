// What a workspace's owner sets up in parley.yaml, but for callbacks and workflows: reads and writes the rows one by
// one, inside the transaction of whoever applies the file. Decides nothing, deletes nothing but memberships of
// teams.

import type { Admin, Channel, DataAttribute, Tag } from '../core/model.ts';
import type { Connection } from '../database/pool.ts';
import { channelColumns } from './access.ts';

/** Makes the workspace if there is none of this name, and keeps everybody else from setting it up until the end. */
export async function lockWorkspace(
  connection: Connection,
  name: string,
): Promise<{ readonly id: number; readonly isNew: boolean }> {
  const made = await connection.query(
    `insert into workspaces (name) values ($1) on conflict (name) do nothing returning id`,
    [name],
  );
  const { rows } = await connection.query<{ id: number }>(
    `select id from workspaces where name = $1 for update`,
    [name],
  );
  return { id: rows[0]!.id, isNew: made.rowCount === 1 };
}

export type SetupAdmin = Pick<Admin, 'id' | 'name' | 'email' | 'jobTitle'>;

export async function readAdmins(
  connection: Connection,
  workspaceId: number,
): Promise<SetupAdmin[]> {
  const { rows } = await connection.query<SetupAdmin>(
    `select id, name, email, job_title as "jobTitle" from admins where workspace_id = $1 order by id`,
    [workspaceId],
  );
  return rows;
}

export async function insertAdmin(
  connection: Connection,
  workspaceId: number,
  { name, email, jobTitle }: Omit<SetupAdmin, 'id'>,
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>(
    `insert into admins (workspace_id, name, email, job_title) values ($1, $2, $3, $4) returning id`,
    [workspaceId, name, email, jobTitle],
  );
  return rows[0]!.id;
}

export async function updateAdmin(
  connection: Connection,
  workspaceId: number,
  { id, name, jobTitle }: SetupAdmin,
): Promise<void> {
  await connection.query(
    `update admins set name = $3, job_title = $4 where workspace_id = $1 and id = $2`,
    [workspaceId, id, name, jobTitle],
  );
}

export type SetupTeam = {
  readonly id: number;
  readonly name: string;
  readonly adminIds: readonly number[];
};

export async function readTeams(connection: Connection, workspaceId: number): Promise<SetupTeam[]> {
  const { rows } = await connection.query<SetupTeam>(
    `select t.id, t.name, array(
        select m.admin_id::float8 from team_members m
        where m.workspace_id = t.workspace_id and m.team_id = t.id order by m.admin_id) as "adminIds"
      from teams t where t.workspace_id = $1 order by t.id`,
    [workspaceId],
  );
  return rows;
}

export async function insertTeam(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>(
    `insert into teams (workspace_id, name) values ($1, $2) returning id`,
    [workspaceId, name],
  );
  return rows[0]!.id;
}

/** Makes these admins the members of a team, and nobody else. */
export async function setTeamMembers(
  connection: Connection,
  workspaceId: number,
  teamId: number,
  adminIds: readonly number[],
): Promise<void> {
  await connection.query(
    `delete from team_members
      where workspace_id = $1 and team_id = $2 and admin_id <> all ($3::bigint[])`,
    [workspaceId, teamId, adminIds],
  );
  await connection.query(
    `insert into team_members (workspace_id, team_id, admin_id)
      select $1, $2, unnest($3::bigint[]) on conflict do nothing`,
    [workspaceId, teamId, adminIds],
  );
}

export async function readTags(connection: Connection, workspaceId: number): Promise<Tag[]> {
  const { rows } = await connection.query<Tag>(
    `select id, name from tags where workspace_id = $1 order by id`,
    [workspaceId],
  );
  return rows;
}

/** Makes a tag. Names that differ in case only are one tag, which whoever else makes tags may have made just now. */
export async function insertTag(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>(
    `with made as (
        insert into tags (workspace_id, name) values ($1, $2)
        on conflict (workspace_id, lower(name)) do update set name = tags.name returning id)
      select id from made`,
    [workspaceId, name],
  );
  return rows[0]!.id;
}

export type SetupAttribute = Omit<DataAttribute, 'label'> & {
  readonly id: number;
  readonly label: string | null;
  readonly description: string | null;
  readonly isArchived: boolean;
};

export async function readAttributes(
  connection: Connection,
  workspaceId: number,
): Promise<SetupAttribute[]> {
  const { rows } = await connection.query<SetupAttribute>(
    `select id, model, name, data_type as "dataType", options, label, description,
        is_archived as "isArchived"
      from data_attributes where workspace_id = $1 order by id`,
    [workspaceId],
  );
  return rows;
}

export async function insertAttribute(
  connection: Connection,
  workspaceId: number,
  attribute: Omit<SetupAttribute, 'id'>,
): Promise<void> {
  const { model, name, dataType, options, label, description } = attribute;
  await connection.query(
    `insert into data_attributes (workspace_id, model, name, data_type, options, label, description)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    [workspaceId, model, name, dataType, options, label, description],
  );
}

/** Changes everything about an attribute but its name, model and type. */
export async function updateAttribute(
  connection: Connection,
  workspaceId: number,
  { id, options, label, description, isArchived }: SetupAttribute,
): Promise<void> {
  await connection.query(
    `update data_attributes set options = $3, label = $4, description = $5, is_archived = $6
      where workspace_id = $1 and id = $2`,
    [workspaceId, id, options, label, description, isArchived],
  );
}

export async function readChannels(
  connection: Connection,
  workspaceId: number,
): Promise<Channel[]> {
  const { rows } = await connection.query<Channel>(
    `select ${channelColumns} from channels c where c.workspace_id = $1 order by c.id`,
    [workspaceId],
  );
  return rows;
}

export async function insertChannel(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<Channel> {
  const { rows } = await connection.query<Channel>(
    `insert into channels as c (workspace_id, name) values ($1, $2) returning ${channelColumns}`,
    [workspaceId, name],
  );
  return rows[0]!;
}

/** Sets all switches of a channel. */
export async function updateChannelSwitches(
  connection: Connection,
  channel: Channel,
): Promise<void> {
  await connection.query(
    `update channels set is_enabled = $3, auto_create_conversation = $4, require_user_identity = $5,
        unknown_attribute = $6, strict_version = $7, has_buttons = $8, time_zone = $9,
        allowed_origins = $10
      where workspace_id = $1 and id = $2`,
    [
      channel.workspaceId,
      channel.id,
      channel.isEnabled,
      channel.autoCreateConversation,
      channel.requireUserIdentity,
      channel.unknownAttribute,
      channel.strictVersion,
      channel.hasButtons,
      channel.timeZone,
      channel.allowedOrigins,
    ],
  );
}
