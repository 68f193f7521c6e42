// The one file that creates secrets and random ids, and hashes them.

import { hash, randomBytes, randomUUID } from 'node:crypto';

/** Creates a request id: a new UUID for every response (contract B). */
export const newRequestId = (): string => randomUUID();

/** Creates an access token: 256 random bits after a prefix that secret scanners can look for. */
export const newAccessToken = (): string => `parley_${randomBytes(32).toString('base64url')}`;

/** Creates a secret for signatures in the form of Standard Webhooks: 256 random bits. */
export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** Returns a number from 0 up to 1, for jitter, never for secrets. */
export const randomFraction = (): number => Math.random();

/** Creates a unique name, for example of a lease. */
export const newUniqueName = (): string => randomUUID();

/** Returns the SHA-256 of a text as lower-case hex: the only form in which a token is stored or looked up. */
export const sha256Hex = (text: string): string => hash('sha256', text, 'hex');

/** Creates the token of a session, or the code of a one-time link: 256 random bits. */
export const newSessionToken = (): string => randomBytes(32).toString('base64url');
