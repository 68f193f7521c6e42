// The rule for names of workspaces, channels, tokens and people.

const CHARACTERS_MAX = 100;
/** Control characters, the two that end a line without being one, and halves of characters. */
const unprintable = /[\p{Cc}\u2028\u2029\p{Cs}]/u;

/** Says what is wrong with a name, to complete a sentence that begins with its subject; null if nothing is. */
export function nameFault(text: string): string | null {
  const length = [...text].length;
  if (length === 0 || length > CHARACTERS_MAX) return `must have 1 to ${CHARACTERS_MAX} characters`;
  if (unprintable.test(text)) return 'must not have control characters';
  return text.trim() === text ? null : 'must not begin or end with a space';
}
