// Shows the outcome of an apply: what is created, what changes from what to what, and the secrets that are shown only
// once. Makes texts; prints nothing.

import type { NewSecret } from './apply-channels.ts';
import type { ApplyOutcome } from './apply-setup.ts';
import type { SetupChange } from './change-plan.ts';
import { findingsJson, showFindings } from './finding.ts';

/** The outcome for people, line by line. */
export function showOutcome(outcome: ApplyOutcome, isDryRun: boolean): string {
  const { workspace, changes, unchangedCount, warnings, newSecrets } = outcome;
  const lines = showFindings(warnings).map((warning) => `Look at ${warning}`);
  if (changes.length === 0) {
    return [
      ...lines,
      `Nothing to change in workspace "${workspace}": ${unchangedCount} as they are.`,
    ].join('\n');
  }
  const title = isDryRun ? 'Would change, but for this dry run,' : 'Changed';
  lines.push(`${title} workspace "${workspace}":`, ...changes.flatMap(showChange));
  const madeCount = changes.filter(({ kind }) => kind === 'made').length;
  lines.push(
    `${madeCount} made, ${changes.length - madeCount} changed, ${unchangedCount} as they were.`,
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
  '  verifies the signatures of its events; shown this once, it is kept sealed',
];

/** The outcome for programs. */
export const outcomeJson = (outcome: ApplyOutcome, isDryRun: boolean) => ({
  dry_run: isDryRun,
  workspace: outcome.workspace,
  changes: outcome.changes,
  unchanged: outcome.unchangedCount,
  ...findingsJson('warnings', outcome.warnings),
  secrets: outcome.newSecrets,
});
