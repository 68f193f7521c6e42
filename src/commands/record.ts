// Records in the audit log what is done outside a transaction of its own, such as in steps. It does nothing else.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import type { AuditEntry } from '../core/model/audit.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Adds an entry of the one who runs the command; a repeat of the request adds none. */
export const record = (
  context: CommandContext,
  entry: Omit<AuditEntry, 'actor'>,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    await addAuditEntry(connection, context.workspaceId, { ...entry, actor: context.actor });
    return ok(null);
  });
