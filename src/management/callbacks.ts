// The callback of a channel: set, remove, disable, enable, rotate its secret, ping. A secret is in the response that
// creates it, never again.

import { systemClock } from '../base/clock.ts';
import { newSigningSecret } from '../base/random.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isSecretTrouble, type SecretBox } from '../base/seal.ts';
import { readDuration } from '../base/text-files/duration.ts';
import * as rotate from '../commands/rotate-secret.ts';
import { setCallback as set, type WantedCallback } from '../commands/set-callback.ts';
import { switchCallback } from '../commands/switch-callback.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readId } from '../contract/read-id.ts';
import { isAtLeast } from '../core/model/rights.ts';
import type { OutgoingResponse } from '../outgoing/http-client.ts';
import { CALLBACK_TIMEOUT_MS, readCallbackFields } from '../provisioning/read-callback.ts';
import { findCallback } from '../store/outbox/event-admin.ts';
import { secretContexts } from '../store/secrets/sealed-values.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { findListedChannel } from '../store/tenancy/channel-rows.ts';
import { type PresentedChannel, showChannel } from './channels.ts';
import { readFields } from './fields.ts';
import type { Operation, OperationContext } from './operation.ts';
import { pingCallback } from './ping-callback.ts';
import { isoTimeOrNull } from './times.ts';

export const usualOverlap = '24h';
export const overlapMax = '90d';
const OVERLAP_MAX_MS = readDuration(overlapMax)!;

export type CallbackBody = {
  readonly url: string;
  readonly format?: 'parley' | 'intercom' | null;
  readonly timeout?: string | null;
  readonly retries?: readonly string[] | null;
  readonly allow_cidrs?: readonly string[] | null;
  /** Null: none; absent: as it is. */
  readonly token?: { readonly header: string; readonly value: string } | null;
};

/** A channel whose callback was set. */
export type ChannelWithSecret = PresentedChannel & {
  /** The new signing secret; null if the channel had one. */
  readonly secret: string | null;
};

export const setCallback: Operation<CallbackBody, ChannelWithSecret> = {
  method: 'PUT',
  path: '/parley/v1/channels/:id/callback',
  async run(context, { params, body }) {
    const settings = readFields(body, readCallbackFields);
    if (!settings.ok) return settings;
    const token = Object.hasOwn(body, 'token') ? settings.value.token : undefined;
    const { allowedCidrs } = settings.value;
    return save(context, readId(params['id']!), { ...settings.value, token }, (before) =>
      checkRanges(context, before?.allowedCidrs ?? [], allowedCidrs),
    );
  },
};

export const removeCallback: Operation<undefined, PresentedChannel> = {
  method: 'DELETE',
  path: '/parley/v1/channels/:id/callback',
  async run(context, { params }) {
    const none = { url: null, format: 'parley', timeoutMs: CALLBACK_TIMEOUT_MS } as const;
    const lists = { retryDelaysMs: null, allowedCidrs: [] };
    const id = readId(params['id']!);
    const removed = await save(context, id, { ...none, ...lists, token: null }, (before) =>
      (before?.url ?? null) === null ? apiError('callbackNotFound') : null,
    );
    return removed.ok ? showChannel(context, id) : removed;
  },
};

export const disableCallback = switchOperation('disable', false);
export const enableCallback = switchOperation('enable', true);

export type RotationBody = { readonly overlap?: string | null };

export type PresentedRotation = {
  readonly type: 'signing_secret';
  readonly workspace: string;
  readonly channel: string;
  /** Null in the response to a repeat. */
  readonly secret: string | null;
  readonly previous_secret_until: string | null;
};

export const rotateSecret: Operation<RotationBody, PresentedRotation> = {
  method: 'POST',
  path: '/parley/v1/channels/:id/rotate_secret',
  async run(context, { params, body }) {
    const overlapMs = readDuration(body.overlap ?? usualOverlap);
    if (overlapMs === undefined || overlapMs > OVERLAP_MAX_MS) {
      const words = `overlap must be a duration from 0s to ${overlapMax} such as 24h`;
      return fail(apiError('parameterInvalid', 'overlap', words));
    }
    return orLocked(async () => {
      const box = (await context.services.secretKey()).toSeal();
      const secret = newSigningSecret();
      const id = readId(params['id']!);
      const made = await rotate.rotateSecret(context, id, { secret, overlapMs, box });
      if (!made.ok) return made;
      context.services.configChanged(context.workspaceId);
      const { workspace, channel, previousUntil, sealed } = made.value;
      return ok({
        type: 'signing_secret',
        ...{ workspace, channel },
        secret: isSealOf(sealed, secret, box, context.workspaceId, id) ? secret : null,
        previous_secret_until: isoTimeOrNull(previousUntil),
      });
    });
  },
};

export type PresentedPing = {
  readonly type: 'ping';
  readonly url: string;
  readonly disabled_reason: string | null;
  readonly latency_ms: number;
  /** Null: no response. */
  readonly status: number | null;
  /** Why there was no response. */
  readonly reason: Extract<OutgoingResponse, { kind: 'failed' }>['reason'] | null;
  /** What the app or the network said. */
  readonly answer: string;
};

export const pingChannel: Operation<undefined, PresentedPing> = {
  method: 'POST',
  path: '/parley/v1/channels/:id/ping',
  run: (context, { params }) => orLocked(() => ping(context, readId(params['id']!))),
};

async function ping(
  { workspaceId, readPool, services }: OperationContext,
  id: number,
): Promise<Result<PresentedPing, ContractError>> {
  const { channel, callback } = await readAs(readPool, workspaceId, async (connection) => ({
    channel: await findListedChannel(connection, workspaceId, id),
    callback: await findCallback(connection, workspaceId, id),
  }));
  if (channel === null) return fail(apiError('channelNotFound'));
  if (callback === null) return fail(apiError('callbackNotFound'));
  const { trouble, box } = await services.secretKey();
  if (trouble !== null || box === null) throw trouble;
  // Loaded only when something is sent: the command line starts sooner without it.
  const { OutgoingHttp } = await import('../outgoing/http-client.ts');
  const http = new OutgoingHttp({ clock: systemClock, proxy: services.proxy });
  try {
    const response = await pingCallback(callback, channel.name, box, http);
    const hasResponse = response.kind === 'responded';
    return ok({
      type: 'ping',
      url: callback.url,
      disabled_reason: callback.disabledReason,
      latency_ms: response.latencyMs,
      status: hasResponse ? response.status : null,
      reason: hasResponse ? null : response.reason,
      answer: hasResponse ? response.body : response.detail,
    });
  } finally {
    await http.close();
  }
}

function switchOperation(
  verb: 'disable' | 'enable',
  isEnabled: boolean,
): Operation<undefined, PresentedChannel> {
  return {
    method: 'POST',
    path: `/parley/v1/channels/:id/callback/${verb}`,
    async run(context, { params }) {
      const id = readId(params['id']!);
      const switched = await switchCallback(context, id, isEnabled);
      if (!switched.ok) return switched;
      context.services.configChanged(context.workspaceId);
      return showChannel(context, id);
    },
  };
}

/** Private networks that a server may call are a matter of the server, so an operator cannot add any. */
function checkRanges(
  { rights }: OperationContext,
  before: readonly string[],
  after: readonly string[],
): ContractError | null {
  const isWider = after.some((range) => !before.includes(range));
  if (!isWider || isAtLeast(rights.role, 'owner')) return null;
  const words = 'Adding a range to allow_cidrs needs the role "owner"';
  return apiError('rightMissing', 'allow_cidrs', words);
}

function save(
  context: OperationContext,
  id: number,
  wanted: WantedCallback,
  rule: Parameters<typeof set>[5],
): Promise<Result<ChannelWithSecret, ContractError>> {
  return orLocked(async () => {
    const key = await context.services.secretKey();
    const secret = newSigningSecret();
    const saved = await set(context, id, wanted, secret, () => key.toSeal(), rule);
    if (!saved.ok) return saved;
    context.services.configChanged(context.workspaceId);
    const channel = await showChannel(context, id);
    if (!channel.ok) return channel;
    const isNew =
      saved.value !== null && isSealOf(saved.value, secret, key.toSeal(), context.workspaceId, id);
    return ok({ ...channel.value, secret: isNew ? secret : null });
  });
}

/** Whether a sealed secret is this one: not if an earlier try of the request stored another. */
function isSealOf(
  sealed: string,
  secret: string,
  box: SecretBox,
  workspaceId: number,
  channelId: number,
): boolean {
  const context = secretContexts.secret(workspaceId, channelId);
  return box.open(Buffer.from(sealed, 'hex'), context) === secret;
}

/** Turns trouble with the secret key into an error of the API. */
async function orLocked<Value>(
  work: () => Promise<Result<Value, ContractError>>,
): Promise<Result<Value, ContractError>> {
  try {
    return await work();
  } catch (error) {
    if (!isSecretTrouble(error)) throw error;
    return fail(apiError('secretsLocked', null, error.message));
  }
}
