// Lays out tables and paragraphs for a width: columns if they fit, shortened where that loses only words, else one
// record below another. Pure. No package does this: libraries for tables cut ids, or never switch to records.

import stringWidth from 'string-width';
import { harmlessCell } from './terminal.ts';

/** The minimum width of a column of words. */
const WORDS_WIDTH_MIN = 12;
const GAP = '  ';

export type TableOptions = {
  /** Null: unlimited, nothing is shortened. */
  readonly width: number | null;
  /** Whether the last column is wrapped instead of shortened. */
  readonly wrapsLast?: boolean;
};

/**
 * Lays out rows below their headings. No cell can imitate a row. Values to copy, such as ids, are never shortened: only
 * columns of words are.
 */
export function layOutTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { width, wrapsLast = false }: TableOptions,
): string {
  const cells = rows.map((row) => row.map(harmlessCell));
  const natural = headings.map((heading, index) =>
    Math.max(...[heading, ...cells.map((row) => row[index]!)].map((cell) => stringWidth(cell))),
  );
  if (width === null) return lines([headings, ...cells], natural);
  const hasWords = headings.map((_, index) => cells.some((row) => row[index]!.includes(' ')));
  const widths = fitWidths(headings, natural, hasWords, width);
  if (widths === null) return records(headings, cells, width);
  const last = headings.length - 1;
  const body = cells.flatMap((row) => {
    const kept = row.map((cell, index) =>
      wrapsLast && index === last ? cell : cutTo(cell, widths[index]!),
    );
    if (!wrapsLast) return [kept];
    const [first = '', ...more] = wrapWords(kept[last]!, widths[last]!);
    const empty = kept.slice(0, last).map(() => '');
    return [[...kept.slice(0, last), first], ...more.map((line) => [...empty, line])];
  });
  return lines([headings, ...body], widths);
}

/** Finds widths that fit; null if there are none. */
function fitWidths(
  headings: readonly string[],
  natural: readonly number[],
  hasWords: readonly boolean[],
  width: number,
): readonly number[] | null {
  const widths = [...natural];
  const least = natural.map((wanted, index) =>
    hasWords[index]!
      ? Math.min(wanted, Math.max(WORDS_WIDTH_MIN, headings[index]!.length))
      : wanted,
  );
  const sum = () => widths.reduce((total, one) => total + one, GAP.length * (widths.length - 1));
  while (sum() > width) {
    // The widest column shrinks first.
    let widest = -1;
    for (const [index, one] of widths.entries()) {
      if (one > least[index]! && (widest < 0 || one > widths[widest]!)) widest = index;
    }
    if (widest < 0) return null;
    widths[widest] = widths[widest]! - 1;
  }
  return widths;
}

const lines = (rows: readonly (readonly string[])[], widths: readonly number[]): string =>
  rows
    .map((row) =>
      row
        .map((cell, index) => padTo(cell, widths[index]!))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');

/** Each row as a block of headings and values; only long words are shortened. */
function records(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const left = Math.max(...headings.map((heading) => stringWidth(heading)));
  const right = Math.max(WORDS_WIDTH_MIN, width - left - GAP.length);
  const record = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        const value = cell.includes(' ') ? cutTo(cell, right) : cell;
        return `${padTo(headings[index]!, left)}${GAP}${value}`.trimEnd();
      })
      .join('\n');
  return rows.map(record).join('\n\n');
}

/** Pads with spaces to a width in terminal columns. */
const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Shortens a text to a width, ending in …. */
export function cutTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** Wraps a text between words; a word longer than the width stays whole. */
export function wrapWords(text: string, width: number): readonly string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || stringWidth(longer) <= width) {
      line = longer;
    } else {
      wrapped.push(line);
      line = word;
    }
  }
  return [...wrapped, line];
}

/** Wraps paragraphs to a width; indented lines stay as they are. */
export function wrapParagraphs(text: string, width: number): string {
  const paragraphs = text.split(/\n{2,}/).map((paragraph) =>
    paragraph
      .split(/\n(?= )|(?<=^ .*)\n/m)
      .flatMap((block) =>
        block.startsWith(' ') ? [block] : wrapWords(block.replaceAll('\n', ' '), width),
      )
      .join('\n'),
  );
  return paragraphs.join('\n\n');
}

/**
 * Lays out names with descriptions, indented; descriptions wrap beside the names.
 * @param leftMin the minimum width of the names, for longer ones in other lists.
 */
export function layOutPairs(
  rows: readonly (readonly [string, string])[],
  width: number,
  leftMin = 0,
): string {
  const left = Math.max(leftMin, ...rows.map(([name]) => stringWidth(name)));
  const indent = ' '.repeat(left + 4);
  const right = Math.max(20, width - indent.length);
  return rows
    .map(([name, about]) =>
      `  ${padTo(name, left)}  ${wrapWords(about, right).join(`\n${indent}`)}`.trimEnd(),
    )
    .join('\n');
}
