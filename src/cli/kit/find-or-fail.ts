// Finds the workspace and the channel that a command names, or says that there is none.

import type { Channel } from '../../core/model/model.ts';
import type { Pool } from '../../database/pool.ts';
import { findChannel, findWorkspace, type Workspace } from '../../store/tenancy/workspaces.ts';
import { CommandFailed } from './command.ts';

export async function workspaceOrFail(pool: Pool, name: string): Promise<Workspace> {
  const workspace = await findWorkspace(pool, name);
  if (workspace !== null) return workspace;
  throw new CommandFailed(`there is no workspace "${name}": \`parley workspace list\` shows them.`);
}

export async function channelOrFail(
  pool: Pool,
  workspace: Workspace,
  name: string,
): Promise<Channel> {
  const channel = await findChannel(pool, workspace.id, name);
  if (channel !== null) return channel;
  throw new CommandFailed(
    `the workspace "${workspace.name}" has no channel "${name}": \`parley channel list\` shows them.`,
  );
}
