// Writes what teammates set about themselves; commands write it as part of their transaction.

import type { Connection } from '../../database/pool.ts';

export type AwayMode = {
  readonly isEnabled: boolean;
  /** Whether replies to the teammate go to the inbox of the workspace. */
  readonly isReassigned: boolean;
  readonly statusReasonId: number | null;
};

/** Finds the away mode of a teammate and locks it until the end of the transaction; null: no such teammate. */
export async function lockAwayMode(
  connection: Connection,
  workspaceId: number,
  adminId: number,
): Promise<AwayMode | null> {
  const { rows } = await connection.query<AwayMode>({
    name: 'lock_away_mode',
    text: `select away_mode_enabled as "isEnabled", away_mode_reassign as "isReassigned",
        away_status_reason_id as "statusReasonId"
      from admins where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, adminId],
  });
  return rows[0] ?? null;
}

export async function updateAwayMode(
  connection: Connection,
  workspaceId: number,
  adminId: number,
  { isEnabled, isReassigned, statusReasonId }: AwayMode,
): Promise<void> {
  await connection.query({
    name: 'update_away_mode',
    text: `update admins set away_mode_enabled = $3, away_mode_reassign = $4, away_status_reason_id = $5
      where workspace_id = $1 and id = $2`,
    values: [workspaceId, adminId, isEnabled, isReassigned, statusReasonId],
  });
}
