// Writes to the terminal. The one place that escapes control characters in untrusted texts (files, names, responses),
// and the only one that adds colour. Knows no command.

import { styleText } from 'node:util';

/** The tone of a line, shown by colour on a terminal. */
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

/** Verdicts colour only the first word of a line. */
const firstWordTones: ReadonlySet<Tone> = new Set(['good', 'caution', 'bad']);

/** Control characters except line ends and tabs, and characters that change direction or end a line invisibly. */
const obeyed = /(?!\n|\t|\r\n)[\p{Cc}\u061c\u2028-\u202e\u2066-\u2069]/gu;

/** Escapes what a terminal would interpret: `\x1b[31m`. */
export const harmless = (text: string): string => text.replaceAll(obeyed, spelt);

/** Escapes a value that belongs on one line, including its line ends. */
export const harmlessCell = (text: string): string =>
  harmless(text).replaceAll(/\r?\n/g, '\\n').replaceAll('\t', '\\t');

/** Escapes the same characters in JSON, which keeps its value. */
export const harmlessJson = (json: string): string =>
  json.replaceAll(obeyed, (character) => `\\u${codeOf(character).padStart(4, '0')}`);

function spelt(character: string): string {
  const code = codeOf(character);
  return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
}

const codeOf = (character: string): string => character.charCodeAt(0).toString(16);

/** Writes JSON or text to standard output; text in colour if the terminal and the settings allow it. */
export function writeOut(text: string, isJson: boolean, tone?: Tone): void {
  const shown = isJson ? harmlessJson(text) : harmless(text);
  const isToned = !isJson && tone !== undefined;
  process.stdout.write(`${isToned ? coloured(shown, tone, process.stdout) : shown}\n`);
}

/** Writes text to standard error. */
export function writeError(text: string): void {
  const [, name = '', rest = ''] = /^(parley:|)([\s\S]*)$/.exec(harmless(text)) ?? [];
  process.stderr.write(`${coloured(name, 'bad', process.stderr)}${rest}\n`);
}

/**
 * Colours a text by its tone, if the stream has colours (NO_COLOR, FORCE_COLOR, a dumb terminal). Line by line, so that
 * a cut line leaves no colour behind.
 */
const coloured = (text: string, tone: Tone, stream: NodeJS.WriteStream): string =>
  text.replaceAll(firstWordTones.has(tone) ? /^\S+/gm : /[^\n]+/g, (piece) =>
    styleText(formats[tone], piece, { stream }),
  );

/** The width of the terminal; null if the output is piped. */
export const terminalWidth = (): number | null =>
  process.stdout.isTTY ? process.stdout.columns || 80 : null;
