// Sets the password of a teammate: through a one-time link, or because the teammate changes it. All other sessions of
// the teammate end.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Connection } from '../database/pool.ts';
import { type AccountLink, takeLink, voidLinks } from '../store/accounts/account-links.ts';
import { savePasswordHash } from '../store/accounts/credentials.ts';
import { endSessions, insertSession } from '../store/accounts/sessions.ts';
import { lockTeammateByEmail, updateTeammate } from '../store/accounts/teammates.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';
import type { NewSession } from './start-session.ts';

/** What a teammate gives with a link. */
type Given = {
  readonly name: string | undefined;
  /** Only the first owner chooses it. */
  readonly email: string | undefined;
  readonly passwordHash: string;
};

/** Uses a one-time link up: sets the password and starts a session. @returns the id of the session. */
export const useAccountLink = (
  context: CommandContext,
  link: AccountLink,
  { name, email, passwordHash }: Given,
  session: Omit<NewSession, 'adminId'>,
): Promise<Result<number, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const { adminId } = link;
    if (!(await takeLink(connection, link))) return fail(apiError('linkInvalid', 'code'));
    if (email !== undefined) {
      const holder = await lockTeammateByEmail(connection, workspaceId, email);
      if (holder !== null && holder.id !== adminId)
        return fail(apiError('teammateExists', 'email'));
    }
    await updateTeammate(connection, workspaceId, adminId, { name, email });
    await replacePassword(connection, context, adminId, passwordHash, null);
    const id = await insertSession(connection, workspaceId, { ...session, adminId });
    const object = { type: 'session', id: String(id) } as const;
    await addAuditEntry(connection, workspaceId, {
      ...{ action: 'session.started', actor, object, relatedId: null },
      details: { link: link.purpose },
    });
    return ok(id);
  });

/** Changes the password of a teammate. @param sessionId the session in which that happens: it goes on. */
export const changePassword = (
  context: CommandContext,
  adminId: number,
  passwordHash: string,
  sessionId: number,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    await replacePassword(connection, context, adminId, passwordHash, sessionId);
    return ok(null);
  });

async function replacePassword(
  connection: Connection,
  { workspaceId, actor }: CommandContext,
  adminId: number,
  passwordHash: string,
  sessionId: number | null,
): Promise<void> {
  await savePasswordHash(connection, workspaceId, adminId, passwordHash);
  await voidLinks(connection, workspaceId, adminId);
  await endSessions(connection, workspaceId, adminId, { exceptId: sessionId });
  const object = { type: 'admin', id: String(adminId) } as const;
  await addAuditEntry(connection, workspaceId, {
    ...{ action: 'admin.password_set', actor, object, relatedId: null },
  });
}
