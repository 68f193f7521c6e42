// Signs what Parley sends, in the ways that receivers check: Standard Webhooks, and X-Hub-Signature for existing
// receivers. Makes no secrets; caches the keys of the last ones.

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export type SignedContent = {
  /**
   * The current secret, and during a rotation the one before it. Each is `whsec_` and base64; of any other text its own
   * bytes are the key.
   */
  readonly secrets: readonly [current: string, previous?: string | undefined];
  /** The event id: the same for every attempt. */
  readonly id: string;
  readonly timestampSeconds: number;
  /** The body as it is sent, byte for byte. */
  readonly body: string;
};

/** Makes the headers that prove to a receiver who sent a body. */
export function signatureHeaders(content: SignedContent): Record<string, string> {
  const { secrets, id, timestampSeconds, body } = content;
  const [current, previous] = secrets;
  const signed = standardContent(id, timestampSeconds, body);
  const signatures = [current, ...(previous === undefined ? [] : [previous])].map(
    (secret) => `v1,${standardSignature(secret, signed)}`,
  );
  // Holds one signature only, and a receiver that knows both secrets is the exception: the old one is known to all.
  const hubKey = previous ?? current;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
    'X-Hub-Signature': `sha1=${hubSignature('sha1', hubKey, body)}`,
    'X-Hub-Signature-256': `sha256=${hubSignature('sha256', hubKey, body)}`,
  };
}

/** The text that Standard Webhooks signs. */
export const standardContent = (id: string, timestamp: number | string, body: string): string =>
  `${id}.${timestamp}.${body}`;

/** The key of Standard Webhooks: the bytes behind the prefix `whsec_`. */
export function signingKey(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
}

/** The signature of Standard Webhooks, in base64, without its version. */
export const standardSignature = (secret: string, content: string): string =>
  createHmac('sha256', keysOf(secret).standard).update(content).digest('base64');

/** The signature of X-Hub-Signature, in hex, keyed with the text of the secret as it is. */
export const hubSignature = (algorithm: 'sha1' | 'sha256', secret: string, body: string): string =>
  createHmac(algorithm, keysOf(secret).hub).update(body).digest('hex');

type Keys = { readonly standard: KeyObject; readonly hub: KeyObject };

/** Making a key costs several times as much as signing with it. The oldest is forgotten. */
const keys = new Map<string, Keys>();
const keysMax = 1_000;

function keysOf(secret: string): Keys {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const made = {
    standard: createSecretKey(signingKey(secret)),
    hub: createSecretKey(Buffer.from(secret)),
  };
  if (keys.size >= keysMax) keys.delete(keys.keys().next().value!);
  keys.set(secret, made);
  return made;
}
