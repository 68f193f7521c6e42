// Parses a YAML or JSON file, and remembers where everything stands in it. Knows nothing of what the file is about.

import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { fail, ok, type Result } from '../base/result.ts';
import type { Path } from '../core/workflow/read-fields.ts';
import type { SetupFinding } from './finding.ts';

/** More would be a mistake, and would be kept in memory several times. */
const FILE_CHARACTERS_MAX = 2_000_000;

export type ParsedDocument = {
  readonly value: unknown;
  /** The line of a place; null if it is not in the file. */
  readonly lineOf: (path: Path) => number | null;
};

/**
 * Parses a file. JSON is YAML too.
 * @param file its name, for the findings.
 */
export function parseFile(
  text: string,
  file: string,
): Result<ParsedDocument, readonly SetupFinding[]> {
  const finding = (line: number | null, reason: string, remedy: string): SetupFinding => ({
    file,
    line,
    step: null,
    place: '',
    reason,
    remedy,
  });
  if (text.length > FILE_CHARACTERS_MAX) {
    const remedy = `write at most ${FILE_CHARACTERS_MAX} characters`;
    return fail([finding(null, `has ${text.length} characters`, remedy)]);
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  if (document.errors.length > 0) {
    return fail(
      document.errors.map(({ message, pos }) =>
        finding(lineAt(pos[0]), `is no usable YAML: ${message}`, 'correct it'),
      ),
    );
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const lineOf = (path: Path) => {
      const offset = offsetOf(document.contents, path);
      return offset === null ? null : lineAt(offset);
    };
    return ok({ value, lineOf });
  } catch (error) {
    // Aliases that would grow beyond all measure.
    return fail([finding(null, `is no usable YAML: ${(error as Error).message}`, 'correct it')]);
  }
}

/** Where a place begins: its key, or the nearest thing around it that is there. */
function offsetOf(root: Node | null, path: Path): number | null {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? null;
  for (const key of path) {
    const child = isMap(node)
      ? node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      : isSeq(node)
        ? node.items[Number(key)]
        : undefined;
    if (child === undefined) return offset;
    const named = isPair(child) ? child.key : child;
    offset = (named as Node).range?.[0] ?? offset;
    node = isPair(child) ? child.value : child;
  }
  return offset;
}
