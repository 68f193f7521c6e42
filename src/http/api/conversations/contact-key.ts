// Reads by which field a caller names a contact of a conversation.

import { cleanText } from '../../../contract/text.ts';

/** The field by which the caller names the contact. */
export type ContactKey = {
  readonly key: 'intercom_user_id' | 'user_id' | 'email';
  readonly value: string;
};

/** Reads the first field that is given; null: none is. */
export function readContactKey(
  body: {
    readonly [Key in ContactKey['key']]?: string | number | null;
  },
): ContactKey | null {
  for (const key of ['intercom_user_id', 'user_id', 'email'] as const) {
    const value = body[key];
    if (!isBlank(value)) return { key, value: cleanText(String(value)) };
  }
  return null;
}

/** Contract row 31: absent, null, empty and blank are the same. */
export function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return (typeof value === 'string' ? cleanText(value).trim() : (value ?? '')) === '';
}
