// The secrets of workspaces: reads and writes sealed rows; cannot open them.

import type { Connection } from '../../database/pool.ts';
import { hexBytes, text } from '../sql/column-arrays.ts';
import { writeRows } from '../sql/write-rows.ts';

export type SecretRow = { readonly name: string; readonly sealed: Buffer };

/** Returns the context (AAD) of a sealed secret. */
export const secretContext = (workspaceId: number, name: string): string =>
  `secret ${workspaceId} ${name}`;

/** Reads the secrets of a workspace. */
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

/** Writes secrets; each replaces the one with its name. */
export async function saveSecrets(
  connection: Connection,
  workspaceId: number,
  secrets: readonly SecretRow[],
): Promise<void> {
  const columns = {
    name: text<SecretRow>(({ name }) => name),
    sealed: hexBytes<SecretRow>(({ sealed }) => sealed.toString('hex')),
  };
  const sql = `insert into secrets (workspace_id, name, sealed)
    select workspace_id, name, sealed from input
    on conflict (workspace_id, name) do update set sealed = excluded.sealed, updated_at = now()`;
  await writeRows(connection, workspaceId, secrets, columns, sql);
}

export async function deleteSecrets(
  connection: Connection,
  workspaceId: number,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await connection.query('delete from secrets where workspace_id = $1 and name = any($2::text[])', [
    workspaceId,
    names,
  ]);
}
