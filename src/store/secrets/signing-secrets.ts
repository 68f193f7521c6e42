// Opens the secrets with which a channel signs: the current one and, during a rotation, the previous one. Callers
// handle secrets that do not open.

import type { SecretBox } from '../../base/seal.ts';
import type { ChannelKey } from '../../core/model/channel-key.ts';
import { secretContexts } from './sealed-values.ts';

export type SigningSecrets = readonly [current: string, previous?: string];

/** The sealed secrets of a channel. */
export type SealedSigningSecrets = ChannelKey & {
  readonly secretSealed: Buffer;
  /** The previous secret; null outside a rotation. */
  readonly previousSecretSealed: Buffer | null;
};

/** Opens the secrets of a channel. @throws if they were sealed with another key. */
export function openSigningSecrets(box: SecretBox, sealed: SealedSigningSecrets): SigningSecrets {
  const { workspaceId, channelId, secretSealed, previousSecretSealed } = sealed;
  const context = secretContexts.secret(workspaceId, channelId);
  const current = box.open(secretSealed, context);
  if (previousSecretSealed === null) return [current];
  return [current, box.open(previousSecretSealed, context)];
}
