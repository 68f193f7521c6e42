// Creates a channel: one app of the workspace.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Channel } from '../core/model/model.ts';
import { presentSwitches } from '../core/presenters/channel.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findChannelByName, lockConfiguration } from '../store/tenancy/channel-rows.ts';
import { insertChannels, updateChannelSwitches } from '../store/tenancy/provisioning-rows.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Creates the channel; switches that are not given have their defaults. @returns its id. */
export const createChannel = (
  context: CommandContext,
  name: string,
  switches: Partial<Channel>,
): Promise<Result<number, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    await lockConfiguration(connection, workspaceId);
    if ((await findChannelByName(connection, workspaceId, name)) !== null) {
      const words = `The workspace already has a channel "${name}"`;
      return fail(apiError('channelExists', 'name', words));
    }
    const made = (await insertChannels(connection, workspaceId, [name])).get(name)!;
    const channel = { ...made, ...switches };
    await updateChannelSwitches(connection, workspaceId, [channel]);
    await addAuditEntry(connection, workspaceId, {
      action: 'channel.created',
      actor,
      object: { type: 'channel', id: String(made.id) },
      relatedId: null,
      after: { name, ...presentSwitches(channel) },
    });
    return ok(made.id);
  });
