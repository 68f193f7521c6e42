// Cleans and checks text from outside. Never trims and never normalises (contract row 43).

import { countCharacters } from '../base/characters.ts';

/** Drops NUL and replaces lone surrogates by U+FFFD (contract row 44); everything else stays. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '') : whole;
}

/** Whether a text has the form of an e-mail address (contract row 18). An empty text means "not given" (row 13). */
export function isEmailAddress(text: string): boolean {
  if (text.trim() === '') return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: row 18 rejects exactly these.
  if (countCharacters(text) > 254 || /[\s\u0000-\u001f\u007f]/.test(text)) return false;
  const at = text.indexOf('@');
  return at > 0 && at < text.length - 1 && at === text.lastIndexOf('@');
}
