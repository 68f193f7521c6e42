// Reads an id of ours from a path or a body (contract row 51): decimal numbers below 2^53, and for contacts 24 digits
// in lower-case hex. Asks no database.

/** An id that no row has: for texts that cannot be an id. */
const NO_ROW = -1;

/** The number that a text spells as our ids are spelled; one that no row has if it spells none. */
export function readId(text: string | number): number {
  const id = /^[1-9]\d{0,15}$/.test(String(text)) ? Number(text) : NO_ROW;
  return Number.isSafeInteger(id) ? id : NO_ROW;
}

/** Whether a text can be our id of a contact; others need no question to the database. */
export const isContactId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text);
