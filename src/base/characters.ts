// Counts the characters of a text and cuts it as every limit does; counts bytes where bytes matter. Knows no limit
// itself.

/** Counts the code points of a text, as JSON Schema and every limit of Parley do. */
export function countCharacters(text: string): number {
  let count = text.length;
  // The second half of each surrogate pair does not count.
  for (let at = 0; at < text.length; at += 1) {
    if (text.codePointAt(at)! > 0xffff) {
      count -= 1;
      at += 1;
    }
  }
  return count;
}

/** Counts the bytes of a text in UTF-8. */
export const countBytes = (text: string): number => Buffer.byteLength(text);

/** Shortens a text to a number of characters; a longer one ends in an ellipsis. */
export const shorten = (text: string, charactersMax: number): string =>
  countCharacters(text) <= charactersMax ? text : `${firstCharacters(text, charactersMax - 1)}…`;

/** Returns the first characters of a text; none of them is cut in two. */
export function firstCharacters(text: string, count: number): string {
  let end = 0;
  for (let left = count; left > 0 && end < text.length; left -= 1) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** Returns the start of a text in a number of UTF-16 units at most, without half a character at its end. */
export function wholeStart(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const isCut = unitsMax > 0 && text.codePointAt(unitsMax - 1)! > 0xffff;
  return text.slice(0, isCut ? unitsMax - 1 : unitsMax);
}
