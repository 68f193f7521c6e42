// The secrets of workspaces: rows that come and go sealed. This file cannot read them; it never gives a value out.

import type { Connection } from '../database/pool.ts';

export type SecretRow = { readonly name: string; readonly sealed: Buffer };

/** Where a sealed secret belongs: it opens nowhere else. */
export const secretPlace = (workspaceId: number, name: string): string =>
  `secret ${workspaceId} ${name}`;

/** The secrets of a workspace. */
export async function readSecrets(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
): Promise<SecretRow[]> {
  const { rows } = await connection.query<SecretRow>(
    `select name, sealed from secrets where workspace_id = $1 order by name`,
    [workspaceId],
  );
  return rows;
}

/** Writes a secret, in the place of the one of its name. */
export async function saveSecret(
  connection: Connection,
  workspaceId: number,
  { name, sealed }: SecretRow,
): Promise<void> {
  await connection.query(
    `insert into secrets (workspace_id, name, sealed) values ($1, $2, $3)
      on conflict (workspace_id, name) do update set sealed = excluded.sealed, updated_at = now()`,
    [workspaceId, name, sealed],
  );
}

export async function deleteSecret(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<void> {
  await connection.query('delete from secrets where workspace_id = $1 and name = $2', [
    workspaceId,
    name,
  ]);
}
