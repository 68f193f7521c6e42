// Finds the channel in which a conversation begins: that of the token, or for a token of a teammate the one in the
// request, the one where the contact last was, or the only one (contract D.2).

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import type { Channel } from '../../../core/model/model.ts';

/** Names that a message lists at most. */
const NAMES_MAX = 10;

type Known = {
  /** The channel of the token; null: the token acts for a teammate alone. */
  readonly own: Channel | null;
  readonly channels: ReadonlyMap<number, Channel>;
  /** The channel of the contact's last conversation; null: the contact has none. */
  readonly lastChannelId: number | null;
};

/** Finds the channel. @param name the one in the request. */
export function findChannel(
  { own, channels, lastChannelId }: Known,
  name: string | null | undefined,
): Result<Channel, ContractError> {
  const given = cleanText(name ?? '');
  if (own !== null) {
    if (given === '' || given === own.name) return ok(own);
    return fail(reject(`The token acts for the channel "${own.name}" alone`));
  }
  const enabled = [...channels.values()].filter(({ isEnabled }) => isEnabled);
  if (given !== '') {
    const named = enabled.find((channel) => channel.name === given);
    return named === undefined ? fail(reject(`No such channel. ${listOf(enabled)}`)) : ok(named);
  }
  const found =
    enabled.find(({ id }) => id === lastChannelId) ??
    (enabled.length === 1 ? enabled[0] : undefined);
  if (found !== undefined) return ok(found);
  if (enabled.length === 0) return fail(apiError('integrationNotFound'));
  return fail(reject(`The token acts for no channel: name one. ${listOf(enabled)}`));
}

const reject = (message: string): ContractError => apiError('parameterInvalid', 'channel', message);

const listOf = (channels: readonly Channel[]): string => {
  const names = channels.slice(0, NAMES_MAX).map((channel) => `"${channel.name}"`);
  const more = channels.length > NAMES_MAX ? ' and others' : '';
  return `Channels: ${names.join(', ') || 'none is enabled'}${more}`;
};
