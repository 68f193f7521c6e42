// Reads what a workspace knows of its built-in segments: since when, and how many contacts are in them.

import type { ContactRole } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

export async function findWorkspaceCreatedAt(
  connection: Connection,
  workspaceId: number,
): Promise<number> {
  const { rows } = await connection.query<{ createdAt: number }>({
    name: 'find_workspace_created_at',
    text: 'select created_at as "createdAt" from workspaces where id = $1',
    values: [workspaceId],
  });
  return rows[0]!.createdAt;
}

/** Counts the contacts of a role, as the list of contacts shows them. Reads each: only on demand. */
export async function countContactsOfRole(
  connection: Connection,
  workspaceId: number,
  role: ContactRole,
): Promise<number> {
  const { rows } = await connection.query<{ count: number }>({
    name: 'count_contacts_of_role',
    text: `select count(*) from contacts
      where workspace_id = $1 and role = $2
        and merged_into is null and archived_at is null and deleted_at is null`,
    values: [workspaceId, role],
  });
  return rows[0]!.count;
}
