// Runs commands: writes that are not signals. A command is one transaction in one workspace, under row-level security,
// with an entry in the audit log. It knows no HTTP.

import type { Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import type { AuditActor } from '../core/model/audit.ts';
import { classifyFailure } from '../database/failure.ts';
import type { Connection, Pool } from '../database/pool.ts';
import { writeAs } from '../store/sql/row-level-security.ts';

export type CommandContext = {
  /** The pool for the purpose `command`. */
  readonly pool: Pool;
  readonly workspaceId: number;
  readonly actor: AuditActor;
};

/** Maximum number of retries after a write conflict. */
const RETRIES_MAX = 3;

/**
 * Runs a command's work as one transaction. An error that it returns rolls back what it wrote; a write conflict with
 * another command repeats it.
 * @throws when the database is unavailable.
 */
export async function runCommand<Value>(
  context: CommandContext,
  work: (connection: Connection) => Promise<Result<Value, ContractError>>,
  retries = RETRIES_MAX,
): Promise<Result<Value, ContractError>> {
  const { pool, workspaceId } = context;
  try {
    return await writeAs(pool, workspaceId, work);
  } catch (error) {
    if (retries === 0 || classifyFailure(error) !== 'conflict') throw error;
    return runCommand(context, work, retries - 1);
  }
}
