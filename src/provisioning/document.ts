// Parses a YAML or JSON file, and remembers the line of every value. Knows nothing of its content.

import {
  type Document,
  type ErrorCode,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';
import { fail, ok, type Result } from '../base/result.ts';
import type { Path } from '../base/text-files/field-reader.ts';
import { isKeptAsDecimal } from '../core/model/exact-number.ts';
import { findStructureFault } from './document-structure.ts';
import { FINDINGS_SHOWN_MAX, type SetupFinding, showPath } from './finding.ts';

export type ParsedDocument = {
  readonly value: unknown;
  /** Finds the line of a value; null if it is not in the file. */
  readonly lineOf: (path: Path) => number | null;
  /**
   * Lists faults that do not depend on the file's content, such as a repeated key. They do not stop the reading, so
   * they hide no other faults.
   * @param found findings of the readers, which describe a number that cannot be represented better.
   */
  readonly faultsBeside: (found: readonly SetupFinding[]) => readonly SetupFinding[];
};

/**
 * Parses a file. JSON is YAML, too.
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
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    // The package compares every key with every other, which takes minutes for a file of many. `repeatedKeys` uses a
    // set.
    uniqueKeys: false,
  });
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  const errors = errorsOf(document);
  if (errors.length > 0) {
    return fail(
      errors.map(({ code, message, pos }) => {
        const why = code === 'RESOURCE_EXHAUSTION' ? 'it nests too deeply' : message;
        return finding(lineAt(pos[0]), `is not valid YAML: ${why}`, remedies[code] ?? 'correct it');
      }),
    );
  }
  const fault = findStructureFault(document);
  if (fault !== null) return fail([finding(lineAt(fault.offset), fault.reason, fault.remedy)]);
  const places = new KeyPlaces();
  const wrong = [...repeatedKeys(document.contents), ...lostNumbers(document.contents)];
  // Aliases were checked above, by their expanded size instead of their number.
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  const lineOf = (path: Path) => {
    const offset = offsetOf(document.contents, path, places);
    return offset === null ? null : lineAt(offset);
  };
  const faultsBeside = (found: readonly SetupFinding[]) => {
    const known = new Set(found.map(({ place }) => place));
    return wrong
      .filter(({ path }) => path === null || !known.has(showPath(path)))
      .map(({ offset, reason, remedy }) => finding(lineAt(offset), reason, remedy));
  };
  return ok({ value, lineOf, faultsBeside });
}

/** Remedies of common beginners' mistakes. */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put a text with ": " in it in quotes',
  NON_STRING_KEY: 'put a text that begins with { or [ in quotes',
  RESOURCE_EXHAUSTION: 'look for brackets that are not closed',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'put a text that begins with ! in quotes',
  UNEXPECTED_TOKEN: 'put a text with { } [ ] or , in it in quotes',
};

/**
 * Selects the errors to report. A tab as indentation shifts everything after it, and an unknown tag (`!=`) swallows the
 * text after it.
 */
function errorsOf({ errors, warnings }: Document): readonly (YAMLParseError | YAMLWarning)[] {
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT');
  if (tabs.length > 0) return tabs;
  const tooDeep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (tooDeep !== undefined) return [tooDeep];
  return [...errors, ...warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
}

/** Finds keys in mappings in constant time. */
class KeyPlaces {
  readonly #indexes = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();

  find(map: YAMLMap, key: string | number): Pair | undefined {
    let index = this.#indexes.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((item) => [isScalar(item.key) ? item.key.value : null, item]));
      this.#indexes.set(map, index);
    }
    return index.get(key);
  }
}

type Wrong = {
  readonly offset: number;
  /** The path of the value, if a reader may describe the fault better. */
  readonly path: Path | null;
  readonly reason: string;
  readonly remedy: string;
};

/** Finds keys that a mapping repeats. */
function repeatedKeys(root: Node | null): readonly Wrong[] {
  const repeated: Wrong[] = [];
  visit(root, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const reason = `repeats the key "${key.value}"`;
          const remedy = 'remove one of the two';
          repeated.push({ offset: key.range?.[0] ?? 0, path: null, reason, remedy });
        }
        seen.add(key.value);
      }
    },
  });
  return repeated;
}

/**
 * Finds numbers that would silently change: 1e999 would be infinite, and the last of 20 digits would change. Each is
 * read as the text in the file instead.
 */
function lostNumbers(root: Node | null): readonly Wrong[] {
  const lost: Wrong[] = [];
  visit(root, {
    Scalar(_, scalar, above) {
      const { value, source = '', range } = scalar;
      if (typeof value !== 'number') return;
      const isKept = isFraction(source) ? isKeptAsDecimal(source) : Number.isSafeInteger(value);
      if (isKept) return;
      const reason = `has the number ${source}, which cannot be represented exactly`;
      const remedy = `put it in quotes: "${source}"`;
      scalar.value = source;
      if (lost.length >= FINDINGS_SHOWN_MAX) return;
      lost.push({ offset: range?.[0] ?? 0, path: pathTo([...above, scalar]), reason, remedy });
    },
  });
  return lost;
}

/** Returns the keys and indexes that lead to the last of the nodes. */
function pathTo(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): Path => {
    if (isPair(node)) return isScalar(node.key) ? [String(node.key.value)] : [];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}

const isFraction = (source: string): boolean => /^[-+]?[\d.]*[.eE]/.test(source);

/** Finds the offset of a path: its key, or the nearest enclosing value that exists. */
function offsetOf(root: Node | null, path: Path, places: KeyPlaces): number | null {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? null;
  for (const key of path) {
    const pair = isMap(node) ? places.find(node, key) : undefined;
    const child = pair ?? (isSeq(node) ? node.items[Number(key)] : undefined);
    if (child === undefined) return offset;
    const named = pair === undefined ? child : pair.key;
    offset = (named as Node).range?.[0] ?? offset;
    node = pair === undefined ? child : pair.value;
  }
  return offset;
}
