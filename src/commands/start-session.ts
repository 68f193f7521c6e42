// Starts a session of the web app for a teammate whose password was right.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import { insertSession, type SessionOrigin } from '../store/accounts/sessions.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';

export type NewSession = SessionOrigin & { readonly adminId: number; readonly tokenHash: string };

/** Starts the session. @returns its id. */
export const startSession = (
  context: CommandContext,
  session: NewSession,
): Promise<Result<number, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const id = await insertSession(connection, workspaceId, session);
    const object = { type: 'session', id: String(id) } as const;
    await addAuditEntry(connection, workspaceId, {
      ...{ action: 'session.started', actor, object, relatedId: null },
    });
    return ok(id);
  });
