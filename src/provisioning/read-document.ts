// Reads a YAML file from the disk, for every command: finds faults of the file, of its encoding and of its YAML.

import { fail, ok, type Result } from '../base/result.ts';
import { readTextFile } from '../base/text-files/read-text-file.ts';
import { type ParsedDocument, parseFile } from './document.ts';
import type { SetupFinding } from './finding.ts';

/** A larger file would be a mistake, and is held in memory several times. */
const FILE_BYTES_MAX = 2_000_000;

export type ReadDocument = { readonly text: string; readonly document: ParsedDocument };

export type DocumentPlace = {
  /** The path to read from, if it differs from the name that users see. */
  readonly from?: string;
  /** Whether `from` contains no links; then none is followed. */
  readonly isResolved?: boolean;
};

/** Reads the file. @param file its name for users. */
export function readDocument(
  file: string,
  { from = file, isResolved = false }: DocumentPlace = {},
): Result<ReadDocument, readonly SetupFinding[]> {
  const text = readTextFile(from, { bytesMax: FILE_BYTES_MAX, isResolved });
  if (!text.ok) return fail([{ file, step: null, place: '', ...text.error }]);
  const parsed = parseFile(text.value, file);
  return parsed.ok ? ok({ text: text.value, document: parsed.value }) : parsed;
}
