// Disables the callback of a channel, so that its events wait, or enables it again.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import {
  disableCallbackOf,
  readCallbacks,
  saveCallbacks,
} from '../store/outbox/callback-settings.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findListedChannel, lockConfiguration } from '../store/tenancy/channel-rows.ts';
import { type CommandContext, runCommand } from './command.ts';

const REASON = 'an operator disabled it';

/** Switches the callback; one that is so already stays as it is. */
export const switchCallback = (
  context: CommandContext,
  channelId: number,
  isEnabled: boolean,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    await lockConfiguration(connection, workspaceId);
    const channel = await findListedChannel(connection, workspaceId, channelId);
    if (channel === null) return fail(apiError('channelNotFound'));
    const callbacks = await readCallbacks(connection, workspaceId);
    const row = callbacks.find((one) => one.channelId === channelId);
    if (row === undefined || row.url === null) return fail(apiError('callbackNotFound'));
    if ((row.disabledAt === null) === isEnabled) return ok(null);
    if (isEnabled) await saveCallbacks(connection, workspaceId, [row]);
    else await disableCallbackOf(connection, workspaceId, channelId, REASON);
    await addAuditEntry(connection, workspaceId, {
      action: 'channel.updated',
      actor,
      object: { type: 'channel', id: String(channelId) },
      relatedId: null,
      before: { callback_disabled: isEnabled },
      after: { callback_disabled: !isEnabled },
      details: { name: channel.name },
    });
    return ok(null);
  });
