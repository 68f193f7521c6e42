// The cursor of a page: the sort key and id of the last row of the page before, not a number of rows. So rows that come
// and go meanwhile neither repeat nor hide others. Opaque to clients, base64url.

import { fail, ok, type Result } from '../../base/result.ts';

/** A sort key in a cursor: times in microseconds, null last. */
export type SortKey = string | number | null;

export type PageCursor = {
  /** The field and direction that it was made for. */
  readonly sort: string;
  readonly key: SortKey;
  readonly id: string | number;
  /** The number of the page that begins here. */
  readonly page: number;
};

const FORM = 1;
/** Room for the longest key, the address of a picture. */
const CHARACTERS_MAX = 20_000;

/** Writes a cursor. */
export const writeCursor = ({ sort, key, id, page }: PageCursor): string =>
  Buffer.from(JSON.stringify([FORM, sort, key, id, page])).toString('base64url');

/** Reads an untrusted cursor. */
export function readCursor(text: string): Result<PageCursor, 'malformed'> {
  if (text.length > CHARACTERS_MAX || !/^[\w-]+$/.test(text)) return fail('malformed');
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return fail('malformed');
  }
  if (!Array.isArray(parts) || parts.length !== 5) return fail('malformed');
  const [form, sort, key, id, page] = parts as readonly unknown[];
  const isWhole = form === FORM && typeof sort === 'string' && Number.isSafeInteger(page);
  if (!isWhole || !(key === null || isPlace(key)) || !isPlace(id)) return fail('malformed');
  return ok({ sort, key, id, page: page as number });
}

/** Whether the database can compare the key: a whole number, or a text without NUL. */
const isPlace = (value: unknown): value is string | number =>
  typeof value === 'string' ? !value.includes('\u0000') : Number.isSafeInteger(value);
