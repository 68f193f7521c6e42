// Writes a comparison in two columns: the recorded effects and those of the draft.

import { shorten } from '../base/characters.ts';
import type { Comparison } from './compare-replay.ts';

const COLUMN_WIDTH = 52;
const MARGIN = 4;

/** Writes the lines of a comparison. */
export function writeSideBySide({ signals, partAt }: Comparison): readonly string[] {
  const lines = ['', row('', 'DONE', 'DRAFT')];
  for (const [index, { atMs, what, done, draft, remark, isSame }] of signals.entries()) {
    if (index === partAt) lines.push('', 'From here on they part.');
    lines.push('', `${new Date(atMs).toISOString()}  ${oneLine(what, COLUMN_WIDTH * 2)}`);
    if (remark !== null) lines.push(row('', '', `(${remark})`));
    const count = Math.max(done.length, draft.length);
    for (let line = 0; line < count; line += 1) {
      const isLineSame = isSame || done[line] === draft[line];
      lines.push(row(isLineSame ? '' : '≠', done[line] ?? '', draft[line] ?? ''));
    }
  }
  return lines.map((line) => line.trimEnd()).filter((line, index) => line !== '' || index > 0);
}

function row(mark: string, done: string, draft: string): string {
  const left = oneLine(done, COLUMN_WIDTH).padEnd(COLUMN_WIDTH);
  return `${mark.padEnd(MARGIN)}${left}  ${oneLine(draft, COLUMN_WIDTH)}`;
}

function oneLine(text: string, width: number): string {
  return shorten(text.replaceAll(/\s+/g, ' '), width);
}
