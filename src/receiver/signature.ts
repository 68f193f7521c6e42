// Verifies that a request is from Parley: Standard Webhooks, with Web Crypto, so that it runs on every runtime with
// fetch-style handlers. Reads no clock; `subtle.verify` compares in constant time.

/** Reads a header of a request by its lower-case name. */
export type ReadHeader = (name: string) => string | null;

/** Verifies a signature. @returns the reason for rejecting it; null if it is valid. */
export type SignatureCheck = (
  header: ReadHeader,
  body: Uint8Array,
  nowMs: number,
) => Promise<string | null>;

const prefix = 'whsec_';
/** One signature per secret is normal; hundreds would be an attack on the CPU. */
const signaturesMax = 8;
const digestBytes = 32;
const algorithm = { name: 'HMAC', hash: 'SHA-256' };

/**
 * Creates a check that accepts signatures made with any of the secrets.
 * @throws TypeError for an invalid secret.
 */
export function createSignatureCheck(
  secrets: readonly string[],
  toleranceSeconds: number,
): SignatureCheck {
  const rawKeys = secrets.map(readSecret);
  if (rawKeys.length === 0) throw new TypeError('secrets: give at least one callback secret');
  const importKey = (raw: Uint8Array<ArrayBuffer>) =>
    crypto.subtle.importKey('raw', raw, algorithm, false, ['verify']);
  // Imported on first use: some runtimes forbid cryptography while a module loads.
  let imported: Promise<Awaited<ReturnType<typeof importKey>>[]> | undefined;

  return async (header, body, nowMs) => {
    const id = header('webhook-id');
    const timestamp = header('webhook-timestamp');
    const given = header('webhook-signature');
    if (!id || !timestamp || !given) {
      return 'webhook-id, webhook-timestamp or webhook-signature is missing';
    }
    const wrongTime = checkTime(timestamp, nowMs, toleranceSeconds);
    if (wrongTime !== null) return wrongTime;
    const signatures = readSignatures(given);
    if (signatures.length === 0) return 'webhook-signature holds no v1 signature';
    if (signatures.length > signaturesMax) return 'webhook-signature holds too many signatures';
    imported ??= Promise.all(rawKeys.map(importKey));
    const signed = signedContent(id, timestamp, body);
    for (const key of await imported) {
      for (const signature of signatures) {
        if (await crypto.subtle.verify('HMAC', key, signature, signed)) return null;
      }
    }
    return 'the signature does not match: another secret, or the body was changed in transit';
  };
}

function readSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  if (typeof secret !== 'string' || secret.trim() === '') {
    throw new TypeError('secrets: the callback secret is missing or empty (it begins with whsec_)');
  }
  const text = secret.trim();
  // As Parley signs: if an operator chose the secret, its text is the key.
  if (!text.startsWith(prefix)) return new TextEncoder().encode(text);
  const bytes = decodeBase64(text.slice(prefix.length));
  if (bytes === null || bytes.length === 0) {
    throw new TypeError('secrets: whsec_ must be followed by base64');
  }
  return bytes;
}

function checkTime(timestamp: string, nowMs: number, toleranceSeconds: number): string | null {
  if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a time in seconds';
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp);
  if (ageSeconds > toleranceSeconds) return 'webhook-timestamp is too old';
  if (ageSeconds < -toleranceSeconds) return 'webhook-timestamp is in the future';
  return null;
}

const readSignatures = (header: string): Uint8Array<ArrayBuffer>[] =>
  header
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => decodeBase64(signature.slice('v1,'.length)))
    .filter((bytes) => bytes !== null && bytes.length === digestBytes) as Uint8Array<ArrayBuffer>[];

function signedContent(id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const opening = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(opening.length + body.length);
  content.set(opening);
  content.set(body, opening.length);
  return content;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
