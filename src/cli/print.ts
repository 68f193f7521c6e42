// How commands print: aligned columns for people, one line of JSON for programs.

import type { CommandCall } from './command.ts';
import { harmlessCell } from './terminal.ts';

/** Rows below their headings, each column as wide as it needs. No cell can pretend to be a row. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows.map((row) => row.map(harmlessCell))];
  const widths = headings.map((_, index) => Math.max(...all.map((row) => row[index]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Prints a list, or the sentence that says that it is empty. */
export function printList<Item>(
  call: CommandCall,
  items: readonly Item[],
  list: {
    readonly json: (item: Item) => unknown;
    readonly headings: readonly string[];
    readonly row: (item: Item) => readonly string[];
    readonly whenEmpty: string;
  },
): void {
  if (call.isJson) call.print(JSON.stringify(items.map(list.json)));
  else
    call.print(items.length === 0 ? list.whenEmpty : columns(list.headings, items.map(list.row)));
}

/** A moment as ISO 8601 in UTC, to the second. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

export const onOff = (value: boolean): string => (value ? 'on' : 'off');
