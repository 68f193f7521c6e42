// Creates, changes and disables teammates for their accounts. Each function is part of the connection's transaction.

import type { Role } from '../../core/model/rights.ts';
import type { Connection } from '../../database/pool.ts';

type Querying = Pick<Connection, 'query'>;

export type Teammate = {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly hasPassword: boolean;
  readonly disabledAt: number | null;
};

const columns = `a.id, a.name, a.email, a.role, a.disabled_at as "disabledAt",
  exists (select from credentials c where c.workspace_id = a.workspace_id and c.admin_id = a.id) as "hasPassword"`;

/** Lists the teammates of a workspace. */
export async function listTeammates(
  connection: Querying,
  workspaceId: number,
): Promise<Teammate[]> {
  const { rows } = await connection.query<Teammate>({
    text: `select ${columns} from admins a where a.workspace_id = $1 order by a.id`,
    values: [workspaceId],
  });
  return rows;
}

/** Finds a teammate by the e-mail, in any case, and locks the row. */
export async function lockTeammateByEmail(
  connection: Querying,
  workspaceId: number,
  email: string,
): Promise<Teammate | null> {
  const { rows } = await connection.query<Teammate>({
    text: `select ${columns} from admins a
      where a.workspace_id = $1 and lower(a.email) = lower($2) order by a.id limit 1 for update of a`,
    values: [workspaceId, email],
  });
  return rows[0] ?? null;
}

/** The teammate who sets a new workspace up: the first owner. */
export async function findFirstOwner(
  connection: Querying,
  workspaceId: number,
): Promise<Teammate | null> {
  const { rows } = await connection.query<Teammate>({
    text: `select ${columns} from admins a
      where a.workspace_id = $1 and a.disabled_at is null order by a.role <> 'owner', a.id limit 1`,
    values: [workspaceId],
  });
  return rows[0] ?? null;
}

/** Inserts a teammate. @returns the id. */
export async function insertTeammate(
  connection: Querying,
  workspaceId: number,
  { name, email, role }: Pick<Teammate, 'name' | 'email' | 'role'>,
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>({
    text: 'insert into admins (workspace_id, name, email, role) values ($1, $2, $3, $4) returning id',
    values: [workspaceId, name, email, role],
  });
  return rows[0]!.id;
}

/** Changes a teammate; undefined keeps a value. */
export async function updateTeammate(
  connection: Querying,
  workspaceId: number,
  id: number,
  changes: { readonly name?: string | undefined; readonly email?: string | undefined },
): Promise<void> {
  await connection.query({
    text: `update admins set name = coalesce($3, name), email = coalesce($4, email)
      where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, changes.name ?? null, changes.email ?? null],
  });
}

/** Disables a teammate, or enables one again. */
export async function setDisabled(
  connection: Querying,
  workspaceId: number,
  id: number,
  isDisabled: boolean,
): Promise<void> {
  await connection.query({
    text: `update admins set disabled_at = case when $3 then coalesce(disabled_at, now()) end
      where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, isDisabled],
  });
}

/** Whether another teammate than this one is an owner who is not disabled. */
export async function hasOtherOwner(
  connection: Querying,
  workspaceId: number,
  id: number,
): Promise<boolean> {
  const { rows } = await connection.query({
    text: `select from admins
      where workspace_id = $1 and id <> $2 and role = 'owner' and disabled_at is null limit 1`,
    values: [workspaceId, id],
  });
  return rows.length > 0;
}
