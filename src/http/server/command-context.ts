// The context in which a call runs its commands: the workspace and the teammate of its token.

import type { CommandContext } from '../../commands/command.ts';
import type { AuthenticatedCall } from './route.ts';

export const commandContextOf = ({
  principal,
  dependencies,
}: AuthenticatedCall): CommandContext => ({
  pool: dependencies.commandPool,
  workspaceId: principal.workspaceId,
  actor: { type: 'admin', id: String(principal.adminId) },
});
