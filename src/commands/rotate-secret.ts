// Gives a channel a new signing secret, and keeps the current one valid for a while.

import { fail, ok, type Result } from '../base/result.ts';
import type { SecretBox } from '../base/seal.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { findSecret, replaceSecret } from '../store/outbox/callback-settings.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { secretContexts } from '../store/secrets/sealed-values.ts';
import { findListedChannel, lockConfiguration } from '../store/tenancy/channel-rows.ts';
import { type CommandContext, runCommand } from './command.ts';

export type RotatedSecret = {
  readonly workspace: string;
  readonly channel: string;
  /** Until when the earlier secret is valid; null: there is none. */
  readonly previousUntil: number | null;
  /** The new secret, sealed, in hex: a repeat notices by it that its own secret is not the one that is stored. */
  readonly sealed: string;
};

/** Stores the new secret. @param box seals it, and may open the current one. */
export const rotateSecret = (
  context: CommandContext,
  channelId: number,
  { secret, overlapMs, box }: { secret: string; overlapMs: number; box: SecretBox },
): Promise<Result<RotatedSecret, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    await lockConfiguration(connection, workspaceId);
    const channel = await findListedChannel(connection, workspaceId, channelId);
    if (channel === null) return fail(apiError('channelNotFound'));
    const sealContext = secretContexts.secret(workspaceId, channelId);
    const present = await findSecret(connection, workspaceId, channelId);
    // A secret that cannot be opened is of no use during an overlap.
    const keptMs = present !== null && box.opens(present, sealContext) ? overlapMs : 0;
    const sealed = box.seal(secret, sealContext);
    const previousUntil = await replaceSecret(
      connection,
      { workspaceId, channelId },
      sealed,
      keptMs,
    );
    await addAuditEntry(connection, workspaceId, {
      action: 'channel.secret_rotated',
      actor,
      object: { type: 'channel', id: String(channelId) },
      relatedId: null,
      details: { name: channel.name, overlap_ms: keptMs },
    });
    const { workspace, name } = channel;
    return ok({ workspace, channel: name, previousUntil, sealed: sealed.toString('hex') });
  });
