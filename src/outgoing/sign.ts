// Signs outgoing requests with Standard Webhooks, and with X-Hub-Signature for existing receivers. Caches the keys of
// the last secrets.

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export type SignedContent = {
  /**
   * The current secret and, during a rotation, the previous one. Each is `whsec_` and base64; the key of any other text
   * is its own bytes.
   */
  readonly secrets: readonly [current: string, previous?: string | undefined];
  /** The event id, the same for every attempt. */
  readonly id: string;
  readonly timestampSeconds: number;
  /** The body, byte for byte as sent. */
  readonly body: string;
};

/** Creates the headers that prove the sender of a body. */
export function signatureHeaders(content: SignedContent): Record<string, string> {
  const { secrets, id, timestampSeconds, body } = content;
  const [current, previous] = secrets;
  const signed = standardContent(id, timestampSeconds, body);
  const signatures = [current, ...(previous === undefined ? [] : [previous])].map(
    (secret) => `v1,${standardSignature(secret, signed)}`,
  );
  // It has room for one signature: during a rotation every receiver knows the previous secret, but few the new one.
  const hubKey = previous ?? current;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
    'X-Hub-Signature': `sha1=${hubSignature('sha1', hubKey, body)}`,
    'X-Hub-Signature-256': `sha256=${hubSignature('sha256', hubKey, body)}`,
  };
}

/** Returns the text that Standard Webhooks signs. */
export const standardContent = (id: string, timestamp: number | string, body: string): string =>
  `${id}.${timestamp}.${body}`;

/** Decodes the key of Standard Webhooks: the bytes after the prefix `whsec_`. */
export function signingKey(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
}

/** Returns the signature of Standard Webhooks in base64, without its version. */
export const standardSignature = (secret: string, content: string): string =>
  createHmac('sha256', keysOf(secret).standard).update(content).digest('base64');

/** Returns the signature of X-Hub-Signature in hex; the key is the text of the secret. */
export const hubSignature = (algorithm: 'sha1' | 'sha256', secret: string, body: string): string =>
  createHmac(algorithm, keysOf(secret).hub).update(body).digest('hex');

type Keys = { readonly standard: KeyObject; readonly hub: KeyObject };

/** The keys of the last secrets: creating a key costs several times as much as signing. The oldest is evicted. */
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
