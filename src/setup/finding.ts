// What is wrong with the files that people write, or strange about them, and how it is shown: the place, the reason and
// what to do about it, in one line each.

import type { Path } from '../core/workflow/read-fields.ts';

export type SetupFinding = {
  /** As the person named it. */
  readonly file: string;
  /** Null: the file as a whole. */
  readonly line: number | null;
  /** The step of a workflow; null: none in particular. */
  readonly step: string | null;
  /** `channels[0].callback.url`; empty: the file as a whole. */
  readonly place: string;
  readonly reason: string;
  readonly remedy: string;
};

/** A path as people read it: `steps[2].next`. */
export const showPath = (path: Path): string =>
  path.map((key, index) => showKey(key, index === 0)).join('');

function showKey(key: string | number, isFirst: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `["${key}"]`;
  return isFirst ? key : `.${key}`;
}

/** A finding in one line. */
export function showFinding({ file, line, step, place, reason, remedy }: SetupFinding): string {
  const where = line === null ? file : `${file}:${line}`;
  // Within a step, the beginning of the path says nothing that its id does not say better.
  const within = step === null ? place : place.replace(/^steps\[\d+\]\.?/, '');
  const what = [step === null ? '' : `step ${step}`, within].filter((text) => text !== '');
  const subject = what.length === 0 ? '' : `${what.join(', ')} `;
  return `${where}: ${subject}${reason}: ${remedy}`;
}

/** What was to be applied is not usable: nothing was changed. */
export class SetupRefused extends Error {
  override readonly name = 'SetupRefused';
  readonly findings: readonly SetupFinding[];

  constructor(findings: readonly SetupFinding[]) {
    const count = findings.length === 1 ? 'a fault' : `${findings.length} faults`;
    super(
      [
        `${count} in the files, nothing was changed:`,
        ...findings.map((one) => `  ${showFinding(one)}`),
      ].join('\n'),
    );
    this.findings = findings;
  }
}
