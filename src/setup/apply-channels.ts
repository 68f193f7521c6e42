// Brings channels and their callbacks to what parley.yaml says. Makes the secret of a channel, once, and never shows it
// in a list of changes: whoever applied the file is told in another place.

import { newSigningSecret } from '../base/random.ts';
import { SealBroken, type SecretBox } from '../base/seal.ts';
import type { Channel } from '../core/model.ts';
import { showDuration } from '../core/workflow/read-duration.ts';
import { type CallbackRow, readCallbacks, saveCallback } from '../store/callbacks-settings.ts';
import { secretPlaces } from '../store/sealed-values.ts';
import { insertChannel, readChannels, updateChannelSwitches } from '../store/setup.ts';
import type { Applying } from './apply-people.ts';
import { SECRET, type Values } from './ledger.ts';
import { CALLBACK_TIMEOUT_MS, type CallbackSettings } from './read-callback.ts';
import type { WantedChannel, WantedSwitches } from './read-setup-file.ts';

/** A secret that was made now: the only time it can be shown. */
export type NewSecret = { readonly channel: string; readonly secret: string };

/** The channels that there are now, with their callbacks. */
export type AppliedChannels = {
  readonly channels: readonly Channel[];
  readonly newSecrets: NewSecret[];
};

/**
 * Channels are known by their names. Switches that are not named stay; a callback is replaced as a whole.
 * @param openSecrets asked for only when there is something to seal or to compare.
 */
export async function applyChannels(
  applying: Applying,
  openSecrets: () => SecretBox,
): Promise<AppliedChannels> {
  const { connection, workspaceId, loaded, ledger } = applying;
  const channels = await readChannels(connection, workspaceId);
  const callbacks = await readCallbacks(connection, workspaceId);
  const newSecrets: NewSecret[] = [];
  for (const wanted of loaded.file.channels) {
    const index = channels.findIndex(({ name }) => name === wanted.name);
    const existing = channels[index];
    const before = existing ?? (await insertChannel(connection, workspaceId, wanted.name));
    const after: Channel = { ...before, ...given(wanted.switches) };
    if (existing === undefined) channels.push(after);
    else channels[index] = after;

    const row = callbacks.find(({ channelId }) => channelId === before.id);
    const callback = await applyCallback(applying, wanted, before, row, openSecrets);
    if (callback.newSecret !== null) {
      newSecrets.push({ channel: wanted.name, secret: callback.newSecret });
    }
    const valuesBefore = { ...shownSwitches(before), ...callback.before };
    const valuesAfter = { ...shownSwitches(after), ...callback.after };
    if (existing === undefined) {
      ledger.made('channel', wanted.name, valuesAfter);
      await updateChannelSwitches(connection, after);
    } else {
      const { hidden } = callback;
      const isChanged = ledger.compare('channel', wanted.name, valuesBefore, valuesAfter, hidden);
      if (isChanged) await updateChannelSwitches(connection, after);
    }
  }
  return { channels, newSecrets };
}

/** A webhook that a workflow calls is signed too: every channel without a secret gets one. */
export async function giveEverySecret(
  { connection, workspaceId, ledger }: Applying,
  { channels, newSecrets }: AppliedChannels,
  openSecrets: () => SecretBox,
): Promise<void> {
  const callbacks = await readCallbacks(connection, workspaceId);
  for (const { id, name } of channels) {
    if (callbacks.some(({ channelId }) => channelId === id)) continue;
    const secret = newSigningSecret();
    const sealed = openSecrets().seal(secret, secretPlaces.secret(workspaceId, id));
    await saveCallback(connection, workspaceId, emptyRow(id, sealed));
    newSecrets.push({ channel: name, secret });
    ledger.changed('channel', name, [{ field: 'secret', from: 'none', to: SECRET }]);
  }
}

type AppliedCallback = {
  readonly before: Values;
  readonly after: Values;
  readonly hidden: ReadonlySet<string>;
  readonly newSecret: string | null;
};

async function applyCallback(
  applying: Applying,
  { callback, at }: WantedChannel,
  { id, workspaceId }: Channel,
  row: CallbackRow | undefined,
  openSecrets: () => SecretBox,
): Promise<AppliedCallback> {
  const { connection, loaded } = applying;
  const hidden = new Set<string>();
  if (callback === undefined) return { before: {}, after: {}, hidden, newSecret: null };
  const newSecret = row === undefined ? newSigningSecret() : null;
  const tokenPlace = secretPlaces.token(workspaceId, id);
  const oldToken = row && openToken(row, tokenPlace, openSecrets);
  const isTokenSame = (oldToken ?? null) === (callback.token?.value ?? null);
  const next: CallbackRow = {
    ...callback,
    channelId: id,
    tokenHeader: callback.token?.header ?? null,
    tokenSealed: isTokenSame
      ? (row?.tokenSealed ?? null)
      : callback.token && openSecrets().seal(callback.token.value, tokenPlace),
    secretSealed:
      newSecret === null
        ? row!.secretSealed
        : openSecrets().seal(newSecret, secretPlaces.secret(workspaceId, id)),
    // An address that said it is gone is asked no more, until somebody who applies the file says that it is there.
    disabledAt: null,
    disabledReason: null,
  };
  const before = row === undefined ? nothing : shownCallback(row, oldToken ?? null);
  const after = shownCallback(next, callback.token?.value ?? null);
  if (newSecret !== null) after['secret'] = SECRET;
  if (loaded.isHidden([...at, 'callback', 'url'])) {
    hidden.add('callback.url');
    if (row === undefined) after['callback.url'] = SECRET;
  }
  const isChanged = Object.entries(after).some(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key] ?? null),
  );
  if (isChanged) await saveCallback(connection, workspaceId, next);
  hidden.add('callback.token.value');
  if (row === undefined && callback.token !== null) after['callback.token.value'] = SECRET;
  return { before: { ...nothing, ...before }, after, hidden, newSecret };
}

/** The token as it is; a text that no token is if its seal does not open any more, so that it is sealed again. */
function openToken(row: CallbackRow, place: string, openSecrets: () => SecretBox): string | null {
  if (row.tokenSealed === null) return null;
  const box = openSecrets();
  try {
    return box.open(row.tokenSealed, place);
  } catch (error) {
    if (error instanceof SealBroken) return '';
    throw error;
  }
}

const emptyRow = (channelId: number, secretSealed: Buffer): CallbackRow => ({
  channelId,
  url: null,
  format: 'parley',
  timeoutMs: CALLBACK_TIMEOUT_MS,
  retryDelaysMs: null,
  allowedCidrs: [],
  tokenHeader: null,
  tokenSealed: null,
  secretSealed,
  disabledAt: null,
  disabledReason: null,
});

const shownCallback = (
  row: Omit<CallbackSettings, 'token'> & Pick<CallbackRow, 'tokenHeader' | 'disabledAt'>,
  token: string | null,
): Record<string, Values[string]> => ({
  'callback.url': row.url,
  'callback.format': row.format,
  'callback.timeout': showDuration(row.timeoutMs),
  'callback.retries': row.retryDelaysMs === null ? 'default' : row.retryDelaysMs.map(showDuration),
  'callback.allow_cidrs': row.allowedCidrs,
  'callback.token.header': row.tokenHeader,
  'callback.token.value': token,
  'callback.disabled': row.disabledAt === null ? null : 'yes',
});

/** What a channel without a callback shows. */
const nothing: Values = {
  'callback.url': null,
  'callback.format': null,
  'callback.timeout': null,
  'callback.retries': null,
  'callback.allow_cidrs': null,
  'callback.token.header': null,
  'callback.token.value': null,
  'callback.disabled': null,
  secret: null,
};

/** The switches that the file names. */
const given = (switches: WantedSwitches): Partial<Channel> =>
  Object.fromEntries(Object.entries(switches).filter(([, value]) => value !== undefined));

const shownSwitches = (channel: Channel): Values => ({
  enabled: channel.isEnabled,
  auto_create_conversation: channel.autoCreateConversation,
  require_user_identity: channel.requireUserIdentity,
  unknown_attribute: channel.unknownAttribute,
  strict_version: channel.strictVersion,
  buttons: channel.hasButtons,
  time_zone: channel.timeZone,
  allowed_origins: channel.allowedOrigins.join(', ') || null,
});
