// The rows of parley.yaml, except callbacks and workflows: reads and writes each kind with one statement, inside the
// transaction that applies the file. Deletes nothing but memberships of teams.

import type { Admin, Channel, DataAttribute, Tag } from '../../core/model/model.ts';
import type { Role } from '../../core/model/rights.ts';
import type { Connection } from '../../database/pool.ts';
import { bigint, bigintList, boolean, text, textList } from '../sql/column-arrays.ts';
import { writeRows } from '../sql/write-rows.ts';
import { channelColumns } from './access.ts';

/** Creates the workspace if its name is new, and locks it against other applies until the commit. */
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

export type SetupAdmin = Pick<Admin, 'id' | 'name' | 'email' | 'jobTitle'> & {
  readonly role: Role;
};

export async function readAdmins(
  connection: Connection,
  workspaceId: number,
): Promise<SetupAdmin[]> {
  const { rows } = await connection.query<SetupAdmin>(
    `select id, name, email, job_title as "jobTitle", role from admins where workspace_id = $1 order by id`,
    [workspaceId],
  );
  return rows;
}

/** Inserts admins. @returns their ids, in the same order. */
export async function insertAdmins(
  connection: Connection,
  workspaceId: number,
  admins: readonly Omit<SetupAdmin, 'id'>[],
): Promise<readonly number[]> {
  const columns = {
    name: text<(typeof admins)[number]>(({ name }) => name),
    email: text<(typeof admins)[number]>(({ email }) => email),
    job_title: text<(typeof admins)[number]>(({ jobTitle }) => jobTitle),
    role: text<(typeof admins)[number]>(({ role }) => role),
  };
  const made = await writeRows<(typeof admins)[number], { id: number; email: string }>(
    connection,
    workspaceId,
    admins,
    columns,
    `insert into admins (workspace_id, name, email, job_title, role)
      select workspace_id, name, email, job_title, role from input returning id, email`,
  );
  const ids = new Map(made.map(({ id, email }) => [email, id]));
  return admins.map(({ email }) => ids.get(email)!);
}

export async function updateAdmins(
  connection: Connection,
  workspaceId: number,
  admins: readonly SetupAdmin[],
): Promise<void> {
  const columns = {
    id: bigint<SetupAdmin>(({ id }) => id),
    name: text<SetupAdmin>(({ name }) => name),
    job_title: text<SetupAdmin>(({ jobTitle }) => jobTitle),
    role: text<SetupAdmin>(({ role }) => role),
  };
  const sql = `update admins a set name = i.name, job_title = i.job_title, role = i.role
    from input i where a.workspace_id = i.workspace_id and a.id = i.id`;
  await writeRows(connection, workspaceId, admins, columns, sql);
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

/** Inserts teams. @returns their ids by name. */
export async function insertTeams(
  connection: Connection,
  workspaceId: number,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const made = await writeRows<{ readonly name: string }, { id: number; name: string }>(
    connection,
    workspaceId,
    names.map((name) => ({ name })),
    { name: text(({ name }) => name) },
    `insert into teams (workspace_id, name) select workspace_id, name from input returning id, name`,
  );
  return new Map(made.map(({ id, name }) => [name, id]));
}

type TeamMembers = { readonly teamId: number; readonly adminIds: readonly number[] };

/** Sets the members of each team to exactly these admins. */
export async function setTeamMembers(
  connection: Connection,
  workspaceId: number,
  teams: readonly TeamMembers[],
): Promise<void> {
  const columns = {
    team_id: bigint<TeamMembers>(({ teamId }) => teamId),
    admin_ids: bigintList<TeamMembers>(({ adminIds }) => adminIds),
  };
  await writeRows(
    connection,
    workspaceId,
    teams,
    columns,
    `delete from team_members m using input i
      where m.workspace_id = i.workspace_id and m.team_id = i.team_id and m.admin_id <> all (i.admin_ids)`,
  );
  await writeRows(
    connection,
    workspaceId,
    teams,
    columns,
    `insert into team_members (workspace_id, team_id, admin_id)
      select workspace_id, team_id, unnest(admin_ids) from input on conflict do nothing`,
  );
}

export async function readTags(connection: Connection, workspaceId: number): Promise<Tag[]> {
  const { rows } = await connection.query<Tag>(
    `select id, name from tags where workspace_id = $1 order by id`,
    [workspaceId],
  );
  return rows;
}

/** Finds the names that no tag has, each once. PostgreSQL compares them without case, as its index does. */
export async function findNewTagNames(
  connection: Connection,
  workspaceId: number,
  names: readonly string[],
): Promise<string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select name from (
       select distinct on (fold_case(name)) name, place
       from unnest($2::text[]) with ordinality as wanted(name, place)
       where not exists (
         select from tags where workspace_id = $1 and fold_case(tags.name) = fold_case(wanted.name))
       order by fold_case(name), place) as missing
     order by place`,
    [workspaceId, names],
  );
  return rows.map(({ name }) => name);
}

/** Inserts tags. Names that differ only in case are one tag; another transaction may have inserted it just now. */
export async function insertTags(
  connection: Connection,
  workspaceId: number,
  names: readonly string[],
): Promise<void> {
  await writeRows(
    connection,
    workspaceId,
    names.map((name) => ({ name })),
    { name: text<{ readonly name: string }>(({ name }) => name) },
    `insert into tags (workspace_id, name) select workspace_id, name from input
      on conflict (workspace_id, fold_case(name)) do nothing`,
  );
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
      from data_attributes where workspace_id = $1 and model <> 'company' order by id`,
    [workspaceId],
  );
  return rows;
}

type NewAttribute = Omit<SetupAttribute, 'id'>;

export async function insertAttributes(
  connection: Connection,
  workspaceId: number,
  attributes: readonly NewAttribute[],
): Promise<void> {
  const columns = {
    model: text<NewAttribute>(({ model }) => model),
    name: text<NewAttribute>(({ name }) => name),
    data_type: text<NewAttribute>(({ dataType }) => dataType),
    options: textList<NewAttribute>(({ options }) => options),
    label: text<NewAttribute>(({ label }) => label),
    description: text<NewAttribute>(({ description }) => description),
  };
  await writeRows(
    connection,
    workspaceId,
    attributes,
    columns,
    `insert into data_attributes (workspace_id, model, name, data_type, options, label, description)
      select workspace_id, model, name, data_type, options, label, description from input`,
  );
}

/** Updates all of an attribute but its name, model and type. */
export async function updateAttributes(
  connection: Connection,
  workspaceId: number,
  attributes: readonly SetupAttribute[],
): Promise<void> {
  const columns = {
    id: bigint<SetupAttribute>(({ id }) => id),
    options: textList<SetupAttribute>(({ options }) => options),
    label: text<SetupAttribute>(({ label }) => label),
    description: text<SetupAttribute>(({ description }) => description),
    is_archived: boolean<SetupAttribute>(({ isArchived }) => isArchived),
  };
  const sql = `update data_attributes a set options = i.options, label = i.label,
      description = i.description, is_archived = i.is_archived, updated_at = now()
    from input i where a.workspace_id = i.workspace_id and a.id = i.id`;
  await writeRows(connection, workspaceId, attributes, columns, sql);
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

/** Inserts channels with default switches. @returns them by name. */
export async function insertChannels(
  connection: Connection,
  workspaceId: number,
  names: readonly string[],
): Promise<ReadonlyMap<string, Channel>> {
  const made = await writeRows<{ readonly name: string }, Channel>(
    connection,
    workspaceId,
    names.map((name) => ({ name })),
    { name: text(({ name }) => name) },
    `insert into channels as c (workspace_id, name) select workspace_id, name from input
      returning ${channelColumns}`,
  );
  return new Map(made.map((channel) => [channel.name, channel]));
}

/** Updates all switches of channels. */
export async function updateChannelSwitches(
  connection: Connection,
  workspaceId: number,
  channels: readonly Channel[],
): Promise<void> {
  const columns = {
    id: bigint<Channel>(({ id }) => id),
    is_enabled: boolean<Channel>(({ isEnabled }) => isEnabled),
    auto_create: boolean<Channel>(({ autoCreateConversation }) => autoCreateConversation),
    require_identity: boolean<Channel>(({ requireUserIdentity }) => requireUserIdentity),
    unknown_attribute: text<Channel>(({ unknownAttribute }) => unknownAttribute),
    strict_version: boolean<Channel>(({ strictVersion }) => strictVersion),
    has_buttons: boolean<Channel>(({ hasButtons }) => hasButtons),
    time_zone: text<Channel>(({ timeZone }) => timeZone),
    allowed_origins: textList<Channel>(({ allowedOrigins }) => allowedOrigins),
  };
  const sql = `update channels c set is_enabled = i.is_enabled,
      auto_create_conversation = i.auto_create, require_user_identity = i.require_identity,
      unknown_attribute = i.unknown_attribute, strict_version = i.strict_version,
      has_buttons = i.has_buttons, time_zone = i.time_zone, allowed_origins = i.allowed_origins
    from input i where c.workspace_id = i.workspace_id and c.id = i.id`;
  await writeRows(connection, workspaceId, channels, columns, sql);
}
