// Finds the lines in which two texts differ, in the unified format. The package `diff` does the work (small, without
// dependencies, the field's usual choice); this file bounds it and names the kinds of lines.

import { createTwoFilesPatch, OMIT_HEADERS } from 'diff';

export type DiffLine = {
  readonly kind: 'place' | 'same' | 'removed' | 'added';
  /** The line with its sign and without its line end. */
  readonly text: string;
};

const CONTEXT_LINES = 3;
/** Maximum of changed lines; beyond it all lines count as replaced, because the work grows quadratically. */
const CHANGES_MAX = 2_000;

const kinds = { '@': 'place', '-': 'removed', '+': 'added' } as const;

/** Returns the differences with three lines of context; none for equal texts. */
export function diffLines(from: string, to: string): readonly DiffLine[] {
  if (from === to) return [];
  const patch = createTwoFilesPatch('', '', from, to, undefined, undefined, {
    context: CONTEXT_LINES,
    headerOptions: OMIT_HEADERS,
    maxEditLength: CHANGES_MAX,
  });
  const lines = patch === undefined ? replaced(from, to) : linesOf(patch);
  return lines.map((text) => ({ kind: kinds[text[0] as keyof typeof kinds] ?? 'same', text }));
}

const linesOf = (text: string): string[] =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n');

/** Shows texts with too little in common as wholly replaced. */
function replaced(from: string, to: string): string[] {
  const [removed, added] = [linesOf(from), linesOf(to)];
  return [
    `@@ -1,${removed.length} +1,${added.length} @@`,
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
  ];
}
