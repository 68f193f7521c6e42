// Reads the text files that users write, for all of Parley: regular, of a bounded size, UTF-8. Does not know their
// content.

import type { Result } from '../result.ts';
import { decodeText, type TextFault } from './decode-text.ts';
import { type ReadFileRules, readRegularFile } from './read-file.ts';

export type { TextFault } from './decode-text.ts';

/** The text of a file, without a byte order mark; or what is wrong with it. */
export function readTextFile(path: string, rules: ReadFileRules): Result<string, TextFault> {
  const bytes = readRegularFile(path, rules);
  return bytes.ok ? decodeText(bytes.value) : bytes;
}

/** The fault in one sentence: file and line, what is wrong, what to do. */
export const showTextFault = (file: string, { line, reason, remedy }: TextFault): string =>
  `${line === null ? file : `${file}:${line}`}: ${reason}: ${remedy}`;
