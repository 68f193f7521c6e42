// Cleaning and checking of text that comes from outside. Never trims and never normalises (contract row 43).

import { countCharacters } from '../base/characters.ts';

/** Contract row 44: NUL is dropped, a lone surrogate becomes U+FFFD, everything else stays. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '') : whole;
}

/** Contract row 18. Says nothing about whether the mailbox exists. An empty text means "not given" (row 13). */
export function isEmailAddress(text: string): boolean {
  if (text.trim() === '') return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: row 18 refuses exactly these.
  if (countCharacters(text) > 254 || /[\s\u0000-\u001f\u007f]/.test(text)) return false;
  const at = text.indexOf('@');
  return at > 0 && at < text.length - 1 && at === text.lastIndexOf('@');
}
