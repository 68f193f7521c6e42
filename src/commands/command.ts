// Runs commands: writes that are not signals. A command is one transaction in one workspace, under row-level security,
// with an entry in the audit log. It knows no HTTP.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import type { AuditActor } from '../core/model/audit.ts';
import type { EffectKey } from '../core/model/effect-key.ts';
import type { Json } from '../core/model/model.ts';
import { classifyFailure } from '../database/failure.ts';
import type { Connection, Pool } from '../database/pool.ts';
import { addCommandEffect, findCommandEffect } from '../store/idempotency/command-effects.ts';
import { writeAs } from '../store/sql/row-level-security.ts';

/** The pool of commands. */
export type CommandPool = {
  /** The pool for the purpose `command`. */
  readonly pool: Pool;
  /** Names the next command of a request with an idempotency key: its repeat gets the result of the first try. */
  readonly nextEffectKey?: () => EffectKey;
};

export type CommandContext = {
  readonly pool: CommandPool;
  readonly workspaceId: number;
  readonly actor: AuditActor;
};

/** Maximum number of retries after a write conflict. */
const RETRIES_MAX = 3;

type Work<Value> = (connection: Connection) => Promise<Result<Value, ContractError>>;

/**
 * Runs a command's work as one transaction. An error that it returns rolls back what it wrote; a write conflict with
 * another command repeats it.
 * @throws when the database is unavailable.
 */
export function runCommand<Value extends Json>(
  { pool: { pool, nextEffectKey }, workspaceId }: CommandContext,
  work: Work<Value>,
): Promise<Result<Value, ContractError>> {
  const effectKey = nextEffectKey?.();
  const once =
    effectKey === undefined
      ? work
      : (connection: Connection) => doOnce(connection, workspaceId, effectKey, work);
  return runTransaction(pool, workspaceId, once, RETRIES_MAX);
}

/** Does the work, unless an earlier try of the same request has done it; then returns that result. */
async function doOnce<Value extends Json>(
  connection: Connection,
  workspaceId: number,
  effectKey: EffectKey,
  work: Work<Value>,
): Promise<Result<Value, ContractError>> {
  const done = await findCommandEffect(connection, workspaceId, effectKey);
  if (done !== null) return ok(done.result as Value);
  const result = await work(connection);
  if (result.ok) await addCommandEffect(connection, workspaceId, effectKey, result.value);
  return result;
}

async function runTransaction<Value>(
  pool: Pool,
  workspaceId: number,
  work: Work<Value>,
  retries: number,
): Promise<Result<Value, ContractError>> {
  try {
    return await writeAs(pool, workspaceId, work);
  } catch (error) {
    if (retries === 0 || classifyFailure(error) !== 'conflict') throw error;
    return runTransaction(pool, workspaceId, work, retries - 1);
  }
}
