// Formats the measurements: a table for people, a file for comparisons. aims.ts judges them.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Figure, Judged } from './aims.ts';
import type { Machine } from './machine.ts';
import type { Measured } from './measure.ts';

export type Report = {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly judged: readonly Judged[];
  readonly measured: Measured;
};

const START = '<!-- results: written by npm run bench -- --write -->';
const END = '<!-- end of results -->';

/** Formats the table as Markdown. */
export function table(judged: readonly Judged[]): string {
  const rows = judged.map(({ name, figure, unit, aim, holds }) => {
    const judgement = holds ? 'holds' : '**missed**';
    const verdict = figure === null ? 'not measured here' : judgement;
    return [
      name,
      showMedian(figure, unit),
      showSpread(figure, unit),
      showAim(aim, unit),
      aim === null ? '' : verdict,
    ];
  });
  const head = ['Measure', 'Median', 'Rounds', 'Aim', ''];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const digits = (value: number, unit: Judged['unit']): string => {
  if (unit === '/s') return Math.round(value).toLocaleString('en');
  return value.toFixed({ '': 2, ' ms': 1, ' MB': 0 }[unit]);
};

function showAim(aim: Judged['aim'], unit: Judged['unit']): string {
  if (aim === null) return '';
  const [word, value] = 'atLeast' in aim ? ['at least', aim.atLeast] : ['below', aim.below];
  return `${word} ${value.toLocaleString('en')}${unit}`;
}

const showMedian = (figure: Figure | null, unit: Judged['unit']): string =>
  figure === null ? '–' : `${digits(figure.median, unit)}${unit}`;

const showSpread = (figure: Figure | null, unit: Judged['unit']): string =>
  figure === null || figure.low === figure.high
    ? ''
    : `${digits(figure.low, unit)} to ${digits(figure.high, unit)}${unit}`;

/** Writes the results file and the table in the README. @returns the name of the file. */
export function writeReport(report: Report): string {
  const name = `${report.date.slice(0, 10)}-${report.machine.kind}.json`;
  writeFileSync(
    new URL(`results/${name}`, import.meta.url),
    `${JSON.stringify(report, null, 2)}\n`,
  );
  const readme = new URL('README.md', import.meta.url);
  const text = readFileSync(readme, 'utf8');
  const from = text.indexOf(START);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error('bench/README.md has lost its markers');
  const results = `${START}\n${section(report, name)}\n`;
  writeFileSync(readme, text.slice(0, from) + results + text.slice(to));
  return name;
}

function section({ date, command, machine, judged, measured }: Report, file: string): string {
  const { cores, processor, memoryGb, node } = machine;
  return [
    '',
    `${date.slice(0, 10)}, \`${command}\`: ${cores} cores (${processor}), which also ran the load generator,`,
    `${memoryGb} GB of memory, Node ${node}, PostgreSQL ${measured.postgresql}.`,
    `All numbers: [results/${file}](results/${file}).`,
    '',
    table(judged),
    '',
  ].join('\n');
}
