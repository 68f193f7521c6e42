// Faults and warnings about files that users write, and how they are shown: position, reason and remedy, in one line
// each.

import { countCharacters, firstCharacters } from '../base/characters.ts';
import type { Path } from '../base/text-files/field-reader.ts';

export type SetupFinding = {
  /** The name by which the user called the file. */
  readonly file: string;
  /** Null: the file as a whole. */
  readonly line: number | null;
  /** The step of a workflow; null: none. */
  readonly step: string | null;
  /** `channels[0].callback.url`; empty: the file as a whole. */
  readonly place: string;
  readonly reason: string;
  readonly remedy: string;
  /** Whether it is only a warning. */
  readonly isWarning?: true;
};

/** Maximum number of findings shown: a hostile file could cause any number. */
export const FINDINGS_SHOWN_MAX = 100;
const KEY_CHARACTERS_MAX = 80;
const TEXT_CHARACTERS_MAX = 1_000;

/** Formats a path: `steps[2].next`. */
export const showPath = (path: Path): string =>
  path.map((key, index) => showKey(key, index === 0)).join('');

function showKey(key: string | number, isFirst: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `["${shorten(key, KEY_CHARACTERS_MAX)}"]`;
  const shown = shorten(key, KEY_CHARACTERS_MAX);
  return isFirst ? shown : `.${shown}`;
}

/** environment-values.ts relies on it that texts keep at least this many characters. */
const shorten = (text: string, charactersMax: number): string =>
  countCharacters(text) <= charactersMax ? text : `${firstCharacters(text, charactersMax)}…`;

/** Formats a finding as one line. */
export function showFinding({ file, line, step, place, reason, remedy }: SetupFinding): string {
  const where = line === null ? file : `${file}:${line}`;
  // The id of the step replaces the beginning of the path.
  const within = step === null ? place : place.replace(/^steps\[\d+\]\.?/, '');
  const what = [step === null ? '' : `step ${step}`, within].filter((text) => text !== '');
  const subject = what.length === 0 ? '' : `${what.join(', ')} `;
  const why = shorten(reason, TEXT_CHARACTERS_MAX);
  const text = `${where}: ${subject}${why}: ${shorten(remedy, TEXT_CHARACTERS_MAX)}`;
  // Texts of the file must not imitate further findings, move the cursor or reverse the line.
  return text.replaceAll(/\r?\n/g, '\\n').replaceAll(unprintable, escaped);
}

/** Control characters, and characters that change the text direction. */
const unprintable = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Formats findings as lines, up to the limit. */
export function showFindings(findings: readonly SetupFinding[]): readonly string[] {
  const lines = findings.slice(0, FINDINGS_SHOWN_MAX).map(showFinding);
  const moreCount = findings.length - lines.length;
  return moreCount > 0 ? [...lines, `and ${moreCount} more`] : lines;
}

/**
 * Explains why files were rejected: the faults, and below them the warnings.
 * @param outcome the consequence: `nothing was changed`.
 */
export function explainFindings(findings: readonly SetupFinding[], outcome: string): string {
  const { faults, warnings } = apart(findings);
  const count = faults.length === 1 ? '1 error' : `${faults.length} errors`;
  const lines = [`${count} in the files; ${outcome}:`, ...indented(faults)];
  if (warnings.length > 0) {
    const also = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`;
    lines.push(`and ${also}:`, ...indented(warnings));
  }
  return lines.join('\n');
}

const indented = (findings: readonly SetupFinding[]): string[] =>
  showFindings(findings).map((line) => `  ${line}`);

/** Reports faults and warnings as JSON. */
export function findingsReport(findings: readonly SetupFinding[]): object {
  const { faults, warnings } = apart(findings);
  return { ...findingsJson('findings', faults), ...findingsJson('warnings', warnings) };
}

/** Reports findings as JSON under a name, each with its text, and the number of those beyond the limit. */
export const findingsJson = (name: string, findings: readonly SetupFinding[]): object => ({
  [name]: findings.slice(0, FINDINGS_SHOWN_MAX).map((one) => ({
    file: one.file,
    line: one.line,
    step: one.step,
    place: one.place,
    reason: shorten(one.reason, TEXT_CHARACTERS_MAX),
    remedy: shorten(one.remedy, TEXT_CHARACTERS_MAX),
    text: showFinding(one),
  })),
  [`more_${name}`]: Math.max(0, findings.length - FINDINGS_SHOWN_MAX),
});

const apart = (findings: readonly SetupFinding[]) => ({
  faults: findings.filter(({ isWarning }) => isWarning !== true),
  warnings: findings.filter(({ isWarning }) => isWarning === true),
});

/** Thrown if a file cannot be applied; nothing was changed. */
export class InvalidSetup extends Error {
  override readonly name = 'InvalidSetup';
  readonly findings: readonly SetupFinding[];

  constructor(findings: readonly SetupFinding[]) {
    super(explainFindings(findings, 'nothing was changed'));
    this.findings = findings;
  }
}
