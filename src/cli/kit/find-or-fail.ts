// Finds the workspace and the channel that a command names, or says that there is none. Has the option that names the
// workspace, for all commands.

import type { Channel } from '../../core/model/model.ts';
import type { Pool } from '../../database/pool.ts';
import { listChannels, type PresentedChannel } from '../../management/channels.ts';
import { defaultName } from '../../store/tenancy/first-start.ts';
import { findChannel, findWorkspace, type Workspace } from '../../store/tenancy/workspaces.ts';
import { type CommandCall, CommandFailed, type Option } from './command.ts';
import type { ManagementClient } from './management-client.ts';
import { textOption } from './read-options.ts';

/** The option `--workspace`. */
export const workspaceOption: Option = {
  type: 'string',
  placeholder: 'name',
  about: 'The workspace; "default" if omitted, or with --url that of the token.',
};

/** Reads `--workspace`. */
export const workspaceNameOf = (call: CommandCall): string =>
  textOption(call, 'workspace') ?? defaultName;

export async function workspaceOrFail(pool: Pool, name: string): Promise<Workspace> {
  const workspace = await findWorkspace(pool, name);
  if (workspace !== null) return workspace;
  throw new CommandFailed(`no workspace "${name}": \`parley workspace list\` shows all.`);
}

export async function channelOrFail(
  pool: Pool,
  workspace: Workspace,
  name: string,
): Promise<Channel> {
  const channel = await findChannel(pool, workspace.id, name);
  if (channel !== null) return channel;
  throw new CommandFailed(
    `workspace "${workspace.name}" has no channel "${name}": \`parley channel list\` shows all.`,
  );
}

/** Finds the channel that a command names, in the workspace of the client. */
export async function findChannelOrFail(
  client: ManagementClient,
  name: string,
): Promise<PresentedChannel> {
  const [channel] = (await client.call(listChannels, { query: { name } })).data;
  if (channel !== undefined && name !== '') return channel;
  throw new CommandFailed(
    `workspace "${await client.workspaceName()}" has no channel "${name}": \`parley channel list\` shows all.`,
  );
}
