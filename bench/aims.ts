// Compares each measured figure with its aim. Pure.

import { CONNECTIONS, type Measured } from './measure.ts';

export type Figure = { readonly median: number; readonly low: number; readonly high: number };

export type Judged = {
  readonly name: string;
  /** The measured value; null if this machine cannot measure it. */
  readonly figure: Figure | null;
  readonly unit: '' | ' ms' | ' MB' | '/s';
  /** Null: shown for comparison, without an aim. */
  readonly aim: { readonly atLeast: number } | { readonly below: number } | null;
  readonly holds: boolean;
};

/** Computes the median of some numbers, with the lowest and the highest. */
export function figureOf(numbers: readonly number[]): Figure {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

/** Computes each ratio within its round, and then the median of the rounds. */
export function judge(measured: Measured): readonly Judged[] {
  return [...judgeIngest(measured), ...judgeResponses(measured), ...judgeNeighbour(measured)];
}

function judgeIngest({ plan, ingest, light, residentPeakMb }: Measured): Judged[] {
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

function judgeResponses({ plan, ingest, outbound }: Measured): Judged[] {
  const waiting = plan.waitingConversations.toLocaleString('en');
  const conversations = plan.answers.backlog.conversations.toLocaleString('en');
  const { greetings, delivery } = outbound;
  return [
    judged(
      'new conversations a second that a workflow greets and offers buttons, of those without',
      ingest.map(({ workflow, parley }) => workflow.perSecond / parley.perSecond),
      { atLeast: 0.6 },
    ),
    judged(
      `new conversations a second while ${waiting} others wait for an answer, of none waiting`,
      ingest.map((round) => round.waiting.perSecond / round.parley.perSecond),
      { atLeast: 0.9 },
    ),
    judged(
      'from the request to the arrival of the greeting, idle, 99th percentile',
      greetings.map(({ sinceSentMs }) => sinceSentMs.p99),
      { below: 50 },
      ' ms',
    ),
    judged(
      `deliveries a second to one receiver, in the order of ${conversations} conversations`,
      delivery.map(({ parley }) => parley.perSecond),
      { atLeast: 3000 },
      '/s',
    ),
    judged(
      'the same, of named queues of graphile-worker, each job by itself',
      delivery.map(({ parley, graphile }) => parley.perSecond / graphile.perSecond),
      { atLeast: 5 },
    ),
    judged(
      'the same, of named queues of graphile-worker, in batches',
      delivery.map(({ parley, graphileBatched }) => parley.perSecond / graphileBatched.perSecond),
      null,
    ),
  ];
}

/** The latency of one workspace beside another that writes to conversations of maximum size. */
const judgeNeighbour = ({ neighbour }: Measured): Judged[] => [
  judged(
    'latency of a workspace beside another with conversations of 119 KB, 99th percentile',
    neighbour.map(({ beside }) => beside.p99),
    { below: 250 },
    ' ms',
  ),
  judged(
    'the same, of its latency alone',
    neighbour.map(({ beside, alone }) => beside.p99 / alone.p99),
    null,
  ),
];

function judged(
  name: string,
  numbers: readonly number[],
  aim: Judged['aim'],
  unit: Judged['unit'] = '',
): Judged {
  const figure = numbers.length === 0 ? null : figureOf(numbers);
  const holds =
    figure === null ||
    aim === null ||
    ('atLeast' in aim ? figure.median >= aim.atLeast : figure.median < aim.below);
  return { name, figure, unit, aim, holds };
}
