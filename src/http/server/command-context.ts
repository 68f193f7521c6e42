// The context in which a call runs its commands: the workspace and the teammate of its token.

import type { CommandContext } from '../../commands/command.ts';
import type { AuditOrigin } from '../../core/model/audit.ts';
import type { AuthenticatedCall } from './route.ts';

/** The teammate of a call's token, for the audit log. */
const auditActorOf = ({ request, principal }: Pick<AuthenticatedCall, 'request' | 'principal'>) =>
  ({
    type: 'admin',
    id: String(principal.adminId),
    origin: originOf({ request, principal }),
  }) as const;

/** From where a call came, for the audit log. */
export const originOf = ({
  request,
  principal,
}: Pick<AuthenticatedCall, 'request' | 'principal'>): AuditOrigin => ({
  tokenId: principal.tokenId,
  source: request.clientAddress,
});

export const commandContextOf = (call: AuthenticatedCall): CommandContext => ({
  pool: call.dependencies.commandPool,
  workspaceId: call.principal.workspaceId,
  actor: auditActorOf(call),
});
