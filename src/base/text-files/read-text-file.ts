// Reads the text files that users write: regular files of a bounded size in UTF-8. Does not know their content.

import type { Result } from '../result.ts';
import { decodeText, type TextFault } from './decode-text.ts';
import { type ReadFileRules, readRegularFile } from './read-file.ts';

export type { TextFault } from './decode-text.ts';

/** Reads the text of a file, without a byte order mark, or returns what is wrong with it. */
export function readTextFile(path: string, rules: ReadFileRules): Result<string, TextFault> {
  const bytes = readRegularFile(path, rules);
  return bytes.ok ? decodeText(bytes.value) : bytes;
}

/** Shows a fault as one sentence: file and line, what is wrong, what to do. */
export const showTextFault = (file: string, { line, reason, remedy }: TextFault): string =>
  `${line === null ? file : `${file}:${line}`}: ${reason}: ${remedy}`;
