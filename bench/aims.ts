// What the numbers mean: each aim with the figure that was measured, and whether it holds. Pure.

import { CONNECTIONS, type Measured } from './measure.ts';

export type Figure = { readonly median: number; readonly low: number; readonly high: number };

export type Judged = {
  readonly name: string;
  /** Null: this machine cannot measure it. */
  readonly figure: Figure | null;
  readonly unit: '' | ' ms' | ' MB';
  readonly aim: { readonly atLeast: number } | { readonly below: number };
  readonly holds: boolean;
};

/** The middle of some numbers, with the lowest and the highest. */
export function figureOf(numbers: readonly number[]): Figure {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

/** Every ratio is taken within its round; then comes the median of the rounds. */
export function judge({ plan, ingest, light, residentPeakMb }: Measured): readonly Judged[] {
  const at = `${CONNECTIONS} connections`;
  const stored = plan.storedConversations.toLocaleString('en');
  return [
    judged(
      `new conversations a second, ${at}, of a bare Fastify that stores nothing`,
      ingest.map(({ parley, bare }) => parley.perSecond / bare.perSecond),
      { atLeast: 0.4 },
    ),
    judged(
      `the same, of Parley with groups of one`,
      ingest.map((round) => round.parley.perSecond / round.groupsOfOne.perSecond),
      { atLeast: 3 },
    ),
    judged(
      `latency, 99th percentile, ${at}`,
      ingest.map(({ parley }) => parley.latencyMs.p99),
      { below: 50 },
      ' ms',
    ),
    judged(
      `new conversations a second with ${stored} stored, of the empty database`,
      ingest.map(({ full, parley }) => full.perSecond / parley.perSecond),
      { atLeast: 0.9 },
    ),
    judged(
      'median latency at 1 connection, of Parley with groups of one',
      light.map((round) => round.parley.latencyMs.p50 / round.groupsOfOne.latencyMs.p50),
      { below: 1.3 },
    ),
    judged(
      'highest resident set of the Parley process',
      residentPeakMb === null ? [] : [residentPeakMb],
      { below: 200 },
      ' MB',
    ),
  ];
}

function judged(
  name: string,
  numbers: readonly number[],
  aim: Judged['aim'],
  unit: Judged['unit'] = '',
): Judged {
  const figure = numbers.length === 0 ? null : figureOf(numbers);
  const holds =
    figure === null ||
    ('atLeast' in aim ? figure.median >= aim.atLeast : figure.median < aim.below);
  return { name, figure, unit, aim, holds };
}
