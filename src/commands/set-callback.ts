// Sets the callback of a channel, as a whole; a new one gets a signing secret.

import { fail, ok, type Result } from '../base/result.ts';
import type { SecretBox } from '../base/seal.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { presentCallbackSettings } from '../core/presenters/callback.ts';
import {
  type CallbackRow,
  readCallbacks,
  type SavedCallback,
  saveCallbacks,
} from '../store/outbox/callback-settings.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { secretContexts } from '../store/secrets/sealed-values.ts';
import { findListedChannel, lockConfiguration } from '../store/tenancy/channel-rows.ts';
import { type CommandContext, runCommand } from './command.ts';

export type WantedCallback = Pick<
  SavedCallback,
  'url' | 'format' | 'timeoutMs' | 'retryDelaysMs' | 'allowedCidrs'
> & {
  /** Null: none; undefined: as it is. */
  readonly token: { readonly header: string; readonly value: string } | null | undefined;
};

/** A rule that an operator must keep to. @returns what is wrong with the change; null if nothing is. */
type Rule = (before: CallbackRow | null) => ContractError | null;

/**
 * Saves the callback, and enables it if it was disabled.
 * @param newSecret for a channel that has none.
 * @param openSecrets called only when there is something to seal.
 * @returns the sealed new secret in hex; null if the channel had one.
 */
export const setCallback = (
  context: CommandContext,
  channelId: number,
  wanted: WantedCallback,
  newSecret: string,
  openSecrets: () => SecretBox,
  rule: Rule,
): Promise<Result<string | null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    await lockConfiguration(connection, workspaceId);
    const channel = await findListedChannel(connection, workspaceId, channelId);
    if (channel === null) return fail(apiError('channelNotFound'));
    const callbacks = await readCallbacks(connection, workspaceId);
    const row = callbacks.find((one) => one.channelId === channelId) ?? null;
    const broken = rule(row);
    if (broken !== null) return fail(broken);
    const sealedSecret =
      row === null
        ? openSecrets().seal(newSecret, secretContexts.secret(workspaceId, channelId))
        : null;
    const { token, ...settings } = wanted;
    const saved: SavedCallback = {
      ...settings,
      channelId,
      tokenHeader: token === undefined ? (row?.tokenHeader ?? null) : (token?.header ?? null),
      tokenSealed:
        token === undefined
          ? (row?.tokenSealed ?? null)
          : token && openSecrets().seal(token.value, secretContexts.token(workspaceId, channelId)),
      secretSealed: sealedSecret ?? row!.secretSealed,
    };
    await saveCallbacks(connection, workspaceId, [saved]);
    await addAuditEntry(connection, workspaceId, {
      action: 'channel.updated',
      actor,
      object: { type: 'channel', id: String(channelId) },
      relatedId: null,
      before: row === null ? {} : presentCallbackSettings(row),
      after: presentCallbackSettings({ ...saved, disabledAt: null }),
      details: { name: channel.name, token_replaced: token !== undefined },
    });
    return ok(sealedSecret?.toString('hex') ?? null);
  });
