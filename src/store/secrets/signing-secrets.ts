// Opens the secrets that sign what a channel sends: the current one and, during a rotation, the previous one. Decides
// nothing about what to do when they do not open.

import type { SecretBox } from '../../base/seal.ts';
import type { ChannelKey } from '../../core/model/channel-key.ts';
import { secretContexts } from './sealed-values.ts';

export type SigningSecrets = readonly [current: string, previous?: string];

/** The secrets of a channel as the database keeps them. */
export type SealedSigningSecrets = ChannelKey & {
  readonly secretSealed: Buffer;
  /** Null: no rotation is going on. */
  readonly previousSecretSealed: Buffer | null;
};

/** Opens the secrets of a channel. @throws when they were sealed with another key. */
export function openSigningSecrets(box: SecretBox, sealed: SealedSigningSecrets): SigningSecrets {
  const { workspaceId, channelId, secretSealed, previousSecretSealed } = sealed;
  const context = secretContexts.secret(workspaceId, channelId);
  const current = box.open(secretSealed, context);
  if (previousSecretSealed === null) return [current];
  return [current, box.open(previousSecretSealed, context)];
}
