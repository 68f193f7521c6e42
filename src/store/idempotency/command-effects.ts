// The effects of commands with an idempotency key: each is stored in the command's own transaction, with its
// result. The engine stores effects of signals in its own statement (store/engine/).

import type { EffectKey } from '../../core/model/effect-key.ts';
import type { Json } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

/** Finds the result of a command that was executed already; null if it was not. */
export async function findCommandEffect(
  connection: Connection,
  workspaceId: number,
  { keyId, step }: EffectKey,
): Promise<{ readonly result: Json } | null> {
  const { rows } = await connection.query<{ result: Json }>(
    'select result from idempotency_effects where workspace_id = $1 and key_id = $2 and step = $3',
    [workspaceId, keyId, step],
  );
  return rows[0] ?? null;
}

/** Stores the result of a command. @throws a write conflict when a concurrent repeat stored it first. */
export async function addCommandEffect(
  connection: Connection,
  workspaceId: number,
  { keyId, step }: EffectKey,
  result: Json,
): Promise<void> {
  await connection.query(
    `insert into idempotency_effects (workspace_id, key_id, step, result)
      values ($1, $2, $3, $4::json)`,
    [workspaceId, keyId, step, JSON.stringify(result)],
  );
}
