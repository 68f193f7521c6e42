// Finds which of several texts a contact means by a typed one, tolerating spelling. Used for buttons and for the
// options of an attribute.

/**
 * Folds a text: removes differences that contacts do not care about: case, the encoding of accents, letter width,
 * blanks and invisible marks. ß equals ss, and the four letters i with and without a dot are equal.
 */
export function foldText(text: string): string {
  return (
    text
      .normalize('NFKC')
      // Upper, then lower case: some letters become two, and some have several small forms.
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKC')
      // The dot that İ keeps in lower case.
      .replaceAll('i\u0307', 'i')
      .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
      .replaceAll(/\s+/gu, ' ')
      .trim()
  );
}

/** The index of the text that was typed; `several` when it could be more than one of them, `none` when it is none. */
export type TypedChoice = number | 'several' | 'none';

/**
 * Finds the text that is meant: the exact one, else the only one that is equal when folded.
 * @param byPlace whether a number may mean a position in the list, if no text is that number.
 */
export function findTyped(
  texts: readonly string[],
  typed: string,
  { byPlace }: { readonly byPlace: boolean },
): TypedChoice {
  const isMeant = typed.trim() !== '';
  const exact = isMeant ? indexesOf(texts, (text) => text.trim() === typed.trim()) : [];
  if (exact.length > 0) return oneOf(exact);
  const wanted = foldText(typed);
  const same = wanted === '' ? [] : indexesOf(texts, (text) => foldText(text) === wanted);
  if (same.length > 0) return oneOf(same);
  const place = byPlace ? placeIn(wanted) : null;
  return place !== null && place >= 1 && place <= texts.length ? place - 1 : 'none';
}

const indexesOf = (texts: readonly string[], fits: (text: string) => boolean): readonly number[] =>
  texts.flatMap((text, index) => (fits(text) ? [index] : []));

const oneOf = (indexes: readonly number[]): TypedChoice =>
  indexes.length === 1 ? indexes[0]! : 'several';

/** Reads the number in `2`, `2.`, `2)` or `#2`, in the digits of any script; null for anything else. */
function placeIn(folded: string): number | null {
  const latin = folded.replaceAll(/\p{Nd}/gu, (digit) => String(digitOf(digit)));
  const [, number] = /^#? ?(\d{1,3}) ?[.):]?$/.exec(latin) ?? [];
  return number === undefined ? null : Number(number);
}

/** Reads a digit: those of every script form a block of ten whose first code ends with 0 or 6 in hexadecimal. */
function digitOf(digit: string): number {
  const code = digit.codePointAt(0)!;
  const last = code % 16;
  const beginsAtZero = /\p{Nd}/u.test(String.fromCodePoint(code - last));
  return beginsAtZero ? last : last - 6;
}

/** Writes the texts as numbered lines, for contacts who see no buttons. */
export const numberedLines = (texts: readonly string[]): string =>
  texts.map((text, index) => `${index + 1}. ${text.replaceAll(/\s+/g, ' ')}`).join('\n');
