// Reads an id of Parley's from a path or a body (contract row 51): decimal numbers below 2^53, and for contacts 24
// lower-case hex digits. Does not query the database.

/** An id that no row has, for texts that cannot be an id. */
export const NO_ROW = -1;

/** Parses a decimal id; returns one that no row has if the text is not an id. */
export function readId(text: string | number): number {
  const id = /^[1-9]\d{0,15}$/.test(String(text)) ? Number(text) : NO_ROW;
  return Number.isSafeInteger(id) ? id : NO_ROW;
}

/** Whether a text can be a contact id of Parley's; others need no query. */
export const isContactId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text);
