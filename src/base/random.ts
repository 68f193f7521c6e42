// The one place that makes secrets and random ids, and the one that fingerprints them.

import { hash, randomBytes, randomUUID } from 'node:crypto';

/** A request id: a fresh UUID for every answer (contract B). */
export const newRequestId = (): string => randomUUID();

/** A new access token: 256 random bits behind a prefix that secret scanners can look for. */
export const newAccessToken = (): string => `parley_${randomBytes(32).toString('base64url')}`;

/** SHA-256 of a text, as lower-case hex: the only form in which a token is stored or looked up. */
export const sha256Hex = (text: string): string => hash('sha256', text, 'hex');
