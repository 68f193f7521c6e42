// The one place that makes secrets and random ids, and the one that fingerprints them.

import { hash, randomBytes, randomUUID } from 'node:crypto';

/** A request id: a fresh UUID for every answer (contract B). */
export const newRequestId = (): string => randomUUID();

/** A new access token: 256 random bits behind a prefix that secret scanners can look for. */
export const newAccessToken = (): string => `parley_${randomBytes(32).toString('base64url')}`;

/** A new secret for signatures, in the form of Standard Webhooks: 256 random bits. */
export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** A number from 0 up to 1. For spreading things out, never for secrets. */
export const randomFraction = (): number => Math.random();

/** Creates a unique name, for example of a lease. */
export const newUniqueName = (): string => randomUUID();

/** SHA-256 of a text, as lower-case hex: the only form in which a token is stored or looked up. */
export const sha256Hex = (text: string): string => hash('sha256', text, 'hex');
