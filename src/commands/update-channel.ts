// Changes the switches of a channel.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Channel } from '../core/model/model.ts';
import { type PresentedSwitches, presentSwitches } from '../core/presenters/channel.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findListedChannel, lockConfiguration } from '../store/tenancy/channel-rows.ts';
import { updateChannelSwitches } from '../store/tenancy/provisioning-rows.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Changes the switches that are given; writes no audit entry if all stay. */
export const updateChannel = (
  context: CommandContext,
  id: number,
  switches: Partial<Channel>,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    await lockConfiguration(connection, workspaceId);
    const before = await findListedChannel(connection, workspaceId, id);
    if (before === null) return fail(apiError('channelNotFound'));
    const after = { ...before, ...switches };
    const changed = changedSwitches(presentSwitches(before), presentSwitches(after));
    if (changed === null) return ok(null);
    await updateChannelSwitches(connection, workspaceId, [after]);
    await addAuditEntry(connection, workspaceId, {
      action: 'channel.updated',
      actor,
      object: { type: 'channel', id: String(id) },
      relatedId: null,
      ...changed,
      details: { name: before.name },
    });
    return ok(null);
  });

/** Selects the switches that differ; null if none does. */
function changedSwitches(before: PresentedSwitches, after: PresentedSwitches) {
  const names = (Object.keys(before) as (keyof PresentedSwitches)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (names.length === 0) return null;
  const pick = (values: PresentedSwitches) =>
    Object.fromEntries(names.map((name) => [name, values[name]]));
  return { before: pick(before), after: pick(after) };
}
