// Finds which of several texts a contact means by a typed one, whatever the spelling. Used for buttons and for the
// options of an attribute.

/**
 * Folds a text: removes what people do not mind when they type it: case, accents written in another way, letter width,
 * blanks, and marks that cannot be seen. ß and ss are the same, and so are the four letters i with and without a dot.
 */
export function foldText(text: string): string {
  return (
    text
      .normalize('NFKC')
      // Up and down again: some letters become two, and some have several small forms.
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKC')
      // The dot that İ keeps when it becomes small.
      .replaceAll('i\u0307', 'i')
      .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
      .replaceAll(/\s+/gu, ' ')
      .trim()
  );
}

/** The index of the text that was typed; `several` when it could be more than one of them, `none` when it is none. */
export type TypedChoice = number | 'several' | 'none';

/**
 * Finds the text that is meant: the one that was typed exactly, else the only one that is the same when folded.
 * @param byPlace whether a number stands for a place in the list, where no text is that number.
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

/** The number in `2`, `2.`, `2)` or `#2`, in any digits that people write; null for anything else. */
function placeIn(folded: string): number | null {
  const latin = folded.replaceAll(/\p{Nd}/gu, (digit) => String(digitOf(digit)));
  const [, number] = /^#? ?(\d{1,3}) ?[.):]?$/.exec(latin) ?? [];
  return number === undefined ? null : Number(number);
}

/** The digits of every script stand in a row of ten, which begins at a code that ends with 0 or 6 in hexadecimal. */
function digitOf(digit: string): number {
  const code = digit.codePointAt(0)!;
  const last = code % 16;
  const beginsAtZero = /\p{Nd}/u.test(String.fromCodePoint(code - last));
  return beginsAtZero ? last : last - 6;
}

/** Writes the texts as numbered lines, for contacts who see no buttons. */
export const numberedLines = (texts: readonly string[]): string =>
  texts.map((text, index) => `${index + 1}. ${text.replaceAll(/\s+/g, ' ')}`).join('\n');
