// What commands write to the terminal. The one place where texts of others (files, names, answers of receivers) lose
// what a terminal would obey, and the only one that colours anything. Knows no command.

import { styleText } from 'node:util';

/** What a line says by its colour. Text has none unless somebody looks at it. */
export type Tone = 'added' | 'removed' | 'place' | 'heading' | 'good' | 'caution' | 'bad';

const formats = {
  added: 'green',
  removed: 'red',
  place: 'cyan',
  heading: 'bold',
  good: 'green',
  caution: 'yellow',
  bad: 'red',
} as const satisfies Record<Tone, string>;

/** Verdicts: the first word of a line has the colour, what is said about it has not. */
const firstWordTones: ReadonlySet<Tone> = new Set(['good', 'caution', 'bad']);

/** Control characters but for line ends and tabs, and what turns the direction of a line or ends it unseen. */
const obeyed = /(?!\n|\t|\r\n)[\p{Cc}\u061c\u2028-\u202e\u2066-\u2069]/gu;

/** A text with everything that a terminal would obey spelt out: `\x1b[31m`. */
export const harmless = (text: string): string => text.replaceAll(obeyed, spelt);

/** The same for a value that belongs on one line. */
export const harmlessCell = (text: string): string =>
  harmless(text).replaceAll(/\r?\n/g, '\\n').replaceAll('\t', '\\t');

/** JSON with the same characters escaped: the same JSON, and nothing to obey either. */
export const harmlessJson = (json: string): string =>
  json.replaceAll(obeyed, (character) => `\\u${codeOf(character).padStart(4, '0')}`);

function spelt(character: string): string {
  const code = codeOf(character);
  return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
}

const codeOf = (character: string): string => character.charCodeAt(0).toString(16);

/** Writes to standard output: JSON, or a text for people, in colour if they look at it and want colours. */
export function writeOut(text: string, isJson: boolean, tone?: Tone): void {
  const shown = isJson ? harmlessJson(text) : harmless(text);
  const isToned = !isJson && tone !== undefined;
  process.stdout.write(`${isToned ? coloured(shown, tone, process.stdout) : shown}\n`);
}

/** Writes a text to standard error, for people whatever is printed. */
export function writeError(text: string): void {
  const [, name = '', rest = ''] = /^(parley:|)([\s\S]*)$/.exec(harmless(text)) ?? [];
  process.stderr.write(`${coloured(name, 'bad', process.stderr)}${rest}\n`);
}

/**
 * A text in the colour of its tone, if the stream has colours: NO_COLOR, FORCE_COLOR and a dumb terminal count. Line by
 * line, so that what cuts lines off leaves no colour behind.
 */
export const coloured = (text: string, tone: Tone, stream: NodeJS.WriteStream): string =>
  text.replaceAll(firstWordTones.has(tone) ? /^\S+/gm : /[^\n]+/g, (piece) =>
    styleText(formats[tone], piece, { stream }),
  );

/** How wide the terminal is; null when nobody looks, and a program may want all of it. */
export const terminalWidth = (): number | null =>
  process.stdout.isTTY ? process.stdout.columns || 80 : null;
