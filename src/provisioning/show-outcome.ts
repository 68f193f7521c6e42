// Formats the outcome of an apply: what is created, what changes from what to what, and the secrets that are shown only
// once. Prints nothing.

import type { NewSecret } from './apply-channels.ts';
import type { ApplyOutcome } from './apply-setup.ts';
import type { SetupChange } from './change-plan.ts';
import { findingsJson, showFindings } from './finding.ts';

/** Formats the outcome for people. */
export function showOutcome(outcome: ApplyOutcome, isDryRun: boolean): string {
  const { workspace, changes, unchangedCount, warnings, newSecrets } = outcome;
  const lines = showFindings(warnings).map((warning) => `Warning: ${warning}`);
  if (changes.length === 0) {
    return [
      ...lines,
      `Nothing to change in workspace "${workspace}": ${unchangedCount} unchanged.`,
    ].join('\n');
  }
  const title = isDryRun ? 'Dry run: would change' : 'Changed';
  lines.push(`${title} workspace "${workspace}":`, ...changes.flatMap(showChange));
  const madeCount = changes.filter(({ kind }) => kind === 'made').length;
  lines.push(
    `${madeCount} created, ${changes.length - madeCount} changed, ${unchangedCount} unchanged.`,
  );
  lines.push(...newSecrets.flatMap(showSecret));
  return lines.join('\n');
}

function showChange({ kind, what, name, fields }: SetupChange): string[] {
  const sign = kind === 'made' ? '+' : '~';
  return [
    `  ${sign} ${what} "${name}"`,
    ...fields.map(({ field, from, to }) =>
      from === null ? `      ${field}: ${to}` : `      ${field}: ${from} -> ${to}`,
    ),
  ];
}

const showSecret = ({ channel, secret }: NewSecret): string[] => [
  '',
  `Secret of channel "${channel}"  ${secret}`,
  '  verifies the signatures of its events; shown only now, it is stored sealed',
];

/** Formats the outcome as JSON. */
export const outcomeJson = (outcome: ApplyOutcome, isDryRun: boolean) => ({
  dry_run: isDryRun,
  workspace: outcome.workspace,
  changes: outcome.changes,
  unchanged: outcome.unchangedCount,
  ...findingsJson('warnings', outcome.warnings),
  secrets: outcome.newSecrets,
});
