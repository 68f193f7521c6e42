// Reads a YAML file from the disk, for every command: finds what is wrong with it as a file, as a text and as YAML.

import { fail, ok, type Result } from '../base/result.ts';
import { readTextFile } from '../base/text-files/read-text-file.ts';
import { type ParsedDocument, parseFile } from './document.ts';
import type { SetupFinding } from './finding.ts';

/** More would be a mistake, and would be kept in memory several times. */
const FILE_BYTES_MAX = 2_000_000;

export type ReadDocument = { readonly text: string; readonly document: ParsedDocument };

export type DocumentPlace = {
  /** Where it is read from, if that is not what people are shown. */
  readonly from?: string;
  /** `from` has no links left in it, and none is followed. */
  readonly isResolved?: boolean;
};

/** @param file its name for people. */
export function readDocument(
  file: string,
  { from = file, isResolved = false }: DocumentPlace = {},
): Result<ReadDocument, readonly SetupFinding[]> {
  const text = readTextFile(from, { bytesMax: FILE_BYTES_MAX, isResolved });
  if (!text.ok) return fail([{ file, step: null, place: '', ...text.error }]);
  const parsed = parseFile(text.value, file);
  return parsed.ok ? ok({ text: text.value, document: parsed.value }) : parsed;
}
