// What commands write to the terminal. The one place where texts of others (files, names, answers of receivers) lose
// what a terminal would obey, and the only one that colours anything. Knows no command.

/** What a line says by its colour. Text has none unless somebody looks at it. */
export type Tone = 'added' | 'removed' | 'place';

const toneCodes = { added: 32, removed: 31, place: 36 } as const;

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
  const isColoured = !isJson && tone !== undefined && hasColours(process.stdout, process.env);
  process.stdout.write(`${isColoured ? coloured(shown, tone) : shown}\n`);
}

/** Writes a text to standard error, for people whatever is printed. */
export function writeError(text: string): void {
  process.stderr.write(`${harmless(text)}\n`);
}

/** Line by line, so that what cuts lines off leaves no colour behind. */
export const coloured = (text: string, tone: Tone): string =>
  text.replaceAll(/[^\n]+/g, (line) => `\u001b[${toneCodes[tone]}m${line}\u001b[0m`);

/** Whether somebody looks at it who has not said NO_COLOR. */
export const hasColours = (
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean =>
  stream.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
