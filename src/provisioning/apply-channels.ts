// Applies the channels of parley.yaml and their callbacks. Creates the secret of a channel once and never shows it in
// the list of changes: the operator gets it separately.

import { newSigningSecret } from '../base/random.ts';
import { SealBroken, type SecretBox } from '../base/seal.ts';
import { showDuration } from '../base/text-files/duration.ts';
import type { Channel } from '../core/model/model.ts';
import { firstBy } from '../core/workflow/parse/resolve-names.ts';
import {
  type CallbackRow,
  readCallbacks,
  type SavedCallback,
  saveCallbacks,
} from '../store/outbox/callback-settings.ts';
import { secretContexts } from '../store/secrets/sealed-values.ts';
import {
  insertChannels,
  readChannels,
  updateChannelSwitches,
} from '../store/tenancy/provisioning-rows.ts';
import type { Applying } from './apply-people.ts';
import { SECRET, type Values } from './change-plan.ts';
import { CALLBACK_TIMEOUT_MS, type CallbackSettings } from './read-callback.ts';
import type { WantedChannel } from './read-setup-file.ts';
import { givenSwitches } from './read-switches.ts';

/** A secret that was created now: it can be shown only this once. */
export type NewSecret = { readonly channel: string; readonly secret: string };

/** All channels, with their callbacks. */
export type AppliedChannels = {
  readonly channels: readonly Channel[];
  readonly newSecrets: NewSecret[];
};

/**
 * Applies channels, which are identified by name. Absent switches stay unchanged; a callback is replaced as a whole.
 * @param openSecrets called only when there is something to seal or to compare.
 */
export async function applyChannels(
  applying: Applying,
  openSecrets: () => SecretBox,
): Promise<AppliedChannels> {
  const { connection, workspaceId, loaded, changePlan } = applying;
  const existing = firstBy(await readChannels(connection, workspaceId), ({ name }) => name);
  const callbacks = callbacksById(await readCallbacks(connection, workspaceId));
  const newNames = loaded.file.channels
    .map(({ name }) => name)
    .filter((name) => !existing.has(name));
  const made = await insertChannels(connection, workspaceId, newNames);
  const newSecrets: NewSecret[] = [];
  const changed: Channel[] = [];
  const saved: SavedCallback[] = [];
  const channels = new Map([...existing, ...made].map(([, channel]) => [channel.id, channel]));
  for (const wanted of loaded.file.channels) {
    const { name } = wanted;
    const before = existing.get(name) ?? made.get(name)!;
    const after: Channel = { ...before, ...givenSwitches(wanted.switches) };
    channels.set(after.id, after);
    const callback = applyCallback(applying, wanted, before, callbacks.get(before.id), openSecrets);
    if (callback.saved !== null) saved.push(callback.saved);
    if (callback.newSecret !== null) newSecrets.push({ channel: name, secret: callback.newSecret });
    const valuesBefore = { ...shownSwitches(before), ...callback.before };
    const valuesAfter = { ...shownSwitches(after), ...callback.after };
    if (made.has(name)) {
      changePlan.made('channel', name, valuesAfter);
      changed.push(after);
    } else if (changePlan.compare('channel', name, valuesBefore, valuesAfter, callback.hidden)) {
      changed.push(after);
    }
  }
  await updateChannelSwitches(connection, workspaceId, changed);
  await saveCallbacks(connection, workspaceId, saved);
  return { channels: [...channels.values()], newSecrets };
}

const callbacksById = (rows: readonly CallbackRow[]): ReadonlyMap<number, CallbackRow> =>
  new Map(rows.map((row) => [row.channelId, row]));

/** Gives every channel without a secret one, because webhook calls of workflows are signed, too. */
export async function giveEverySecret(
  { connection, workspaceId, changePlan }: Applying,
  { channels, newSecrets }: AppliedChannels,
  openSecrets: () => SecretBox,
): Promise<void> {
  const callbacks = callbacksById(await readCallbacks(connection, workspaceId));
  const saved: SavedCallback[] = [];
  for (const { id, name } of channels) {
    if (callbacks.has(id)) continue;
    const secret = newSigningSecret();
    const sealed = openSecrets().seal(secret, secretContexts.secret(workspaceId, id));
    saved.push(emptyRow(id, sealed));
    newSecrets.push({ channel: name, secret });
    changePlan.changed('channel', name, [{ field: 'secret', from: 'none', to: SECRET }]);
  }
  await saveCallbacks(connection, workspaceId, saved);
}

type AppliedCallback = {
  readonly before: Values;
  readonly after: Values;
  readonly hidden: ReadonlySet<string>;
  readonly newSecret: string | null;
  /** The row to write; null: none. */
  readonly saved: SavedCallback | null;
};

function applyCallback(
  applying: Applying,
  { callback, at }: WantedChannel,
  { id, workspaceId }: Channel,
  row: CallbackRow | undefined,
  openSecrets: () => SecretBox,
): AppliedCallback {
  const { loaded } = applying;
  const hidden = new Set<string>();
  if (callback === undefined) {
    return { before: {}, after: {}, hidden, newSecret: null, saved: null };
  }
  const newSecret = row === undefined ? newSigningSecret() : null;
  const tokenContext = secretContexts.token(workspaceId, id);
  const oldToken = row && openToken(row, tokenContext, openSecrets);
  const isTokenSame = (oldToken ?? null) === (callback.token?.value ?? null);
  const { token: _, ...settings } = callback;
  const next: SavedCallback = {
    ...settings,
    channelId: id,
    tokenHeader: callback.token?.header ?? null,
    tokenSealed: isTokenSame
      ? (row?.tokenSealed ?? null)
      : callback.token && openSecrets().seal(callback.token.value, tokenContext),
    secretSealed:
      newSecret === null
        ? row!.secretSealed
        : openSecrets().seal(newSecret, secretContexts.secret(workspaceId, id)),
  };
  const before = row === undefined ? nothing : shownCallback(row, oldToken ?? null);
  // A disabled callback gets no requests until an operator applies the file again.
  const after = shownCallback({ ...next, disabledAt: null }, callback.token?.value ?? null);
  if (newSecret !== null) after['secret'] = SECRET;
  if (loaded.isHidden([...at, 'callback', 'url'])) {
    hidden.add('callback.url');
    if (row === undefined) after['callback.url'] = SECRET;
  }
  const isChanged = Object.entries(after).some(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key] ?? null),
  );
  hidden.add('callback.token.value');
  if (row === undefined && callback.token !== null) after['callback.token.value'] = SECRET;
  const saved = isChanged ? next : null;
  return { before: { ...nothing, ...before }, after, hidden, newSecret, saved };
}

/**
 * Opens the stored token. If its seal cannot be opened, returns a text that no token equals, so that it is sealed
 * again.
 */
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

const emptyRow = (channelId: number, secretSealed: Buffer): SavedCallback => ({
  channelId,
  url: null,
  format: 'parley',
  timeoutMs: CALLBACK_TIMEOUT_MS,
  retryDelaysMs: null,
  allowedCidrs: [],
  tokenHeader: null,
  tokenSealed: null,
  secretSealed,
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

/** The shown values of a channel without a callback. */
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
