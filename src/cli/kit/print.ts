// Prints lists: aligned columns for people, one line of JSON for programs.

import type { CommandCall } from './command.ts';
import { layOutTable } from './table.ts';
import { terminalWidth } from './terminal.ts';

/** Prints rows below their headings, fitted to the terminal; in full if piped. */
export function printTable(
  call: Pick<CommandCall, 'print'>,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly wrapsLast?: boolean } = {},
): void {
  const text = layOutTable(headings, rows, { ...options, width: terminalWidth() });
  const [first = '', ...rest] = text.split('\n');
  const isTable = first.startsWith(headings[0]!) && first.endsWith(headings.at(-1)!);
  call.print(first, isTable ? 'heading' : undefined);
  if (rest.length > 0) call.print(rest.join('\n'));
}

/** Prints a list, or a sentence if it is empty. */
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
  else if (items.length === 0) call.print(list.whenEmpty);
  else printTable(call, list.headings, items.map(list.row));
}

/** A time as ISO 8601 in UTC, to the second. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A time of a response, to the second. */
export const shortTime = <Time extends string | null>(time: Time): Time =>
  (time === null ? null : timeText(Date.parse(time))) as Time;

export const onOff = (value: boolean): string => (value ? 'on' : 'off');

/** A number with its noun: `1 event`, `2 events`. */
export const counted = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? '' : 's'}`;
