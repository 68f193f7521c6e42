// The lines in which two texts differ, in the unified form that everybody knows. Pure, and with a bound on the work:
// texts that have too little in common are told as one taken away and one put there. Knows nothing of workflows.

export type DiffLine = {
  readonly kind: 'place' | 'same' | 'removed' | 'added';
  /** With its sign, and without the end of the line. */
  readonly text: string;
};

const CONTEXT_LINES = 3;
/** Beyond so many changed lines nobody looks for what stayed; the work and the room grow with the square. */
const CHANGES_MAX = 2_000;

type Edit = { readonly kind: 'same' | 'removed' | 'added'; readonly line: string };

/** The differences with three lines around each; nothing for equal texts. */
export function diffLines(from: string, to: string): readonly DiffLine[] {
  const edits = editsBetween(linesOf(from), linesOf(to));
  const isShown = shownEdits(edits);
  const shown: DiffLine[] = [];
  let [fromLine, toLine] = [1, 1];
  for (let index = 0; index < edits.length; index += 1) {
    const { kind, line } = edits[index]!;
    if (isShown[index] && !isShown[index - 1]) {
      let end = index;
      while (isShown[end]) end += 1;
      shown.push(placeOf(edits.slice(index, end), fromLine, toLine));
    }
    if (isShown[index]) shown.push(...textOf(kind, line));
    if (kind !== 'added') fromLine += 1;
    if (kind !== 'removed') toLine += 1;
  }
  return shown;
}

/** Lines with their ends, so that a last line without one is another line. */
const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split(/(?<=\n)/));

const signs = { same: ' ', removed: '-', added: '+' } as const;

function textOf(kind: Edit['kind'], line: string): DiffLine[] {
  const isEnded = line.endsWith('\n');
  const shown = { kind, text: `${signs[kind]}${isEnded ? line.slice(0, -1) : line}` };
  return isEnded ? [shown] : [shown, { kind, text: '\\ No newline at end of file' }];
}

/** Which edits are near a change. */
function shownEdits(edits: readonly Edit[]): readonly boolean[] {
  const isShown = new Array<boolean>(edits.length).fill(false);
  for (const [index, { kind }] of edits.entries()) {
    if (kind === 'same') continue;
    isShown.fill(true, Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1);
  }
  return isShown;
}

function placeOf(edits: readonly Edit[], fromLine: number, toLine: number): DiffLine {
  const rangeOf = (line: number, absent: Edit['kind']): string => {
    const count = edits.filter(({ kind }) => kind !== absent).length;
    // Where nothing stands, the line before it is named.
    return `${count === 0 ? line - 1 : line},${count}`;
  };
  const text = `@@ -${rangeOf(fromLine, 'added')} +${rangeOf(toLine, 'removed')} @@`;
  return { kind: 'place', text };
}

function editsBetween(from: readonly string[], to: readonly string[]): readonly Edit[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
  let [fromEnd, toEnd] = [from.length, to.length];
  while (fromEnd > start && toEnd > start && from[fromEnd - 1] === to[toEnd - 1]) {
    fromEnd -= 1;
    toEnd -= 1;
  }
  return [
    ...edit('same', from.slice(0, start)),
    ...middleEdits(from.slice(start, fromEnd), to.slice(start, toEnd)),
    ...edit('same', from.slice(fromEnd)),
  ];
}

const edit = (kind: Edit['kind'], lines: readonly string[]): Edit[] =>
  lines.map((line) => ({ kind, line }));

/** The shortest way from one to the other: Myers, "An O(ND) Difference Algorithm", 1986. */
function middleEdits(from: readonly string[], to: readonly string[]): readonly Edit[] {
  const rounds = reach(from, to);
  if (rounds === null) return [...edit('removed', from), ...edit('added', to)];
  const edits: Edit[] = [];
  let [x, y] = [from.length, to.length];
  for (let changes = rounds.length - 1; changes > 0; changes -= 1) {
    const before = rounds[changes - 1]!;
    const diagonal = x - y;
    const isAdded = comesFromAbove(before, diagonal, changes);
    const previous = isAdded ? diagonal + 1 : diagonal - 1;
    const previousX = before[previous + changes - 1]!;
    const startX = isAdded ? previousX : previousX + 1;
    while (x > startX) {
      x -= 1;
      y -= 1;
      edits.push({ kind: 'same', line: from[x]! });
    }
    edits.push(
      isAdded ? { kind: 'added', line: to[y - 1]! } : { kind: 'removed', line: from[x - 1]! },
    );
    x = previousX;
    y = previousX - previous;
  }
  while (x > 0) {
    x -= 1;
    edits.push({ kind: 'same', line: from[x]! });
  }
  return edits.reverse();
}

/** How far each diagonal gets with 0, 1, 2, … changes, until the end is reached; null if that takes too many. */
function reach(from: readonly string[], to: readonly string[]): readonly Int32Array[] | null {
  const rounds: Int32Array[] = [];
  for (let changes = 0; changes <= CHANGES_MAX; changes += 1) {
    // Index 0 is the diagonal -changes.
    const round = new Int32Array(2 * changes + 1).fill(-1);
    rounds.push(round);
    const before = rounds[changes - 1];
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = 0;
      if (before !== undefined) {
        x = comesFromAbove(before, diagonal, changes)
          ? before[diagonal + changes]!
          : before[diagonal + changes - 2]! + 1;
      }
      while (x < from.length && x - diagonal < to.length && from[x] === to[x - diagonal]) x += 1;
      round[diagonal + changes] = x;
      if (x >= from.length && x - diagonal >= to.length) return rounds;
    }
  }
  return null;
}

/** Whether a diagonal is reached by a line that is added, rather than by one that is removed. */
function comesFromAbove(before: Int32Array, diagonal: number, changes: number): boolean {
  if (diagonal === -changes) return true;
  if (diagonal === changes) return false;
  // In `before`, index 0 is the diagonal 1 - changes.
  return before[diagonal + changes - 2]! < before[diagonal + changes]!;
}
