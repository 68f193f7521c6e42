// Counts the characters of a text the way every limit does, and the bytes where it is bytes that cost. Knows no limit
// itself.

/** The length of a text as every limit of ours counts it: in code points, as JSON Schema does. */
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

/** The bytes of a text in UTF-8. */
export const countBytes = (text: string): number => Buffer.byteLength(text);
