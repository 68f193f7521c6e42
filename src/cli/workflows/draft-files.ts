// Reads YAML files for `simulate` and `replay`: the parsed file with its lines, or one error that lists every fault.
// Knows neither workflows nor scripts.

import { ok, type Result } from '../../base/result.ts';
import type { Path } from '../../base/text-files/field-reader.ts';
import type { ParsedDocument } from '../../provisioning/document.ts';
import { explainFindings, type SetupFinding, showPath } from '../../provisioning/finding.ts';
import { CommandFailed } from '../kit/command.ts';

export type DraftFile = { readonly file: string; readonly document: ParsedDocument };

/** Parses a file, or returns why it cannot be read. */
export async function readDraft(file: string): Promise<Result<DraftFile, readonly SetupFinding[]>> {
  // Loaded when there is something to parse: every other command starts sooner without it.
  const { readDocument } = await import('../../provisioning/read-document.ts');
  const read = readDocument(file);
  return read.ok ? ok({ file, document: read.value.document }) : read;
}

/** Parses a file. @throws CommandFailed when it cannot be read. */
export async function openDraft(file: string): Promise<DraftFile> {
  const read = await readDraft(file);
  if (read.ok) return read.value;
  throw rejectedDrafts(read.error);
}

/** A fault with its file and line. */
export const faultAt = (
  { file, document }: DraftFile,
  fault: {
    readonly step?: string | null;
    readonly path: Path;
    readonly reason: string;
    readonly remedy: string;
    readonly isWarning?: true;
  },
): SetupFinding => {
  const { path, step = null, ...finding } = fault;
  return { ...finding, file, line: document.lineOf(path), step, place: showPath(path) };
};

/** Lists all faults of a file. @param found the faults of its content. */
export function faultsOf(
  draft: DraftFile,
  found: readonly Parameters<typeof faultAt>[1][],
): readonly SetupFinding[] {
  const faults = found.map((fault) => faultAt(draft, fault));
  return [...faults, ...draft.document.faultsBeside(faults)];
}

/** The error for faulty files: all faults in one list, in the order of their lines. */
export function rejectedDrafts(findings: readonly SetupFinding[]): CommandFailed {
  const files = [...new Set(findings.map(({ file }) => file))];
  const inOrder = findings.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0),
  );
  return new CommandFailed(explainFindings(inOrder, 'nothing was run'), 2);
}
