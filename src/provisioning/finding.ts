// Errors and warnings about the files that users write, and how they are shown: the position, the reason and the
// remedy, in one line each.

import { countCharacters, firstCharacters } from '../base/characters.ts';
import type { Path } from '../base/text-files/field-reader.ts';

export type SetupFinding = {
  /** The name that the user gave. */
  readonly file: string;
  /** Null: the file as a whole. */
  readonly line: number | null;
  /** The step of a workflow; null: none in particular. */
  readonly step: string | null;
  /** `channels[0].callback.url`; empty: the file as a whole. */
  readonly place: string;
  readonly reason: string;
  readonly remedy: string;
  /** A warning: it prevents nothing. */
  readonly isWarning?: true;
};

/** The most findings that are shown: a hostile file has no end of them. */
export const FINDINGS_SHOWN_MAX = 100;
const KEY_CHARACTERS_MAX = 80;
const TEXT_CHARACTERS_MAX = 1_000;

/** A path as people read it: `steps[2].next`. */
export const showPath = (path: Path): string =>
  path.map((key, index) => showKey(key, index === 0)).join('');

function showKey(key: string | number, isFirst: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `["${shorten(key, KEY_CHARACTERS_MAX)}"]`;
  const shown = shorten(key, KEY_CHARACTERS_MAX);
  return isFirst ? shown : `.${shown}`;
}

/** What hides the values of variables knows that so many characters are left. */
const shorten = (text: string, charactersMax: number): string =>
  countCharacters(text) <= charactersMax ? text : `${firstCharacters(text, charactersMax)}…`;

/** A finding in one line. */
export function showFinding({ file, line, step, place, reason, remedy }: SetupFinding): string {
  const where = line === null ? file : `${file}:${line}`;
  // Within a step, the beginning of the path says nothing that its id does not say better.
  const within = step === null ? place : place.replace(/^steps\[\d+\]\.?/, '');
  const what = [step === null ? '' : `step ${step}`, within].filter((text) => text !== '');
  const subject = what.length === 0 ? '' : `${what.join(', ')} `;
  const why = shorten(reason, TEXT_CHARACTERS_MAX);
  const text = `${where}: ${subject}${why}: ${shorten(remedy, TEXT_CHARACTERS_MAX)}`;
  // A text of the file with lines of its own must not look like further findings, nor move the cursor or turn the line.
  return text.replaceAll(/\r?\n/g, '\\n').replaceAll(unprintable, escaped);
}

/** Control characters, and those that change the direction of what is around them. */
const unprintable = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Shows findings in lines, up to the limit. */
export function showFindings(findings: readonly SetupFinding[]): readonly string[] {
  const lines = findings.slice(0, FINDINGS_SHOWN_MAX).map(showFinding);
  const moreCount = findings.length - lines.length;
  return moreCount > 0 ? [...lines, `and ${moreCount} more`] : lines;
}

/**
 * Why files were refused: the faults, and apart from them what is only strange.
 * @param outcome what became of it: `nothing was changed`.
 */
export function showRefusal(findings: readonly SetupFinding[], outcome: string): string {
  const { faults, warnings } = apart(findings);
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  const lines = [`${count} in the files, ${outcome}:`, ...indented(faults)];
  if (warnings.length > 0) {
    const also = warnings.length === 1 ? 'a warning' : `${warnings.length} warnings`;
    lines.push(`and ${also}, which would not be in the way:`, ...indented(warnings));
  }
  return lines.join('\n');
}

const indented = (findings: readonly SetupFinding[]): string[] =>
  showFindings(findings).map((line) => `  ${line}`);

/** The same for programs. */
export function refusalJson(findings: readonly SetupFinding[]): object {
  const { faults, warnings } = apart(findings);
  return { ...findingsJson('findings', faults), ...findingsJson('warnings', warnings) };
}

/** Findings for programs under a name, each with its line of text, and how many there are beyond those. */
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

/** Thrown when a file cannot be applied: nothing was changed. */
export class SetupRefused extends Error {
  override readonly name = 'SetupRefused';
  readonly findings: readonly SetupFinding[];

  constructor(findings: readonly SetupFinding[]) {
    super(showRefusal(findings, 'nothing was changed'));
    this.findings = findings;
  }
}
