// Measures how soon a greeting arrives, and how fast a backlog is delivered, the latter beside graphile-worker in the
// same PostgreSQL. It has its own sides; nothing else runs meanwhile.

import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/base/clock.ts';
import type { ArrivalReport } from './outbound/arrivals.ts';
import { backlogOf } from './outbound/backlog.ts';
import { wholeBacklog } from './outbound/deliveries.ts';
import { openGraphileQueue } from './outbound/graphile-queue.ts';
import {
  batched,
  type GraphileTools,
  oneByOne,
  startGraphile,
  type Trial,
  tryAll,
} from './outbound/graphile-side.ts';
import type { GreetingResult } from './outbound/greetings.ts';
import { queueInParley } from './outbound/parley-queue.ts';
import { type ReceiverSide, startReceiver } from './outbound/receiver-side.ts';
import type { Plan } from './plan.ts';
import { inQuiet } from './quiet.ts';
import { type ParleySide, startParley } from './sides.ts';

export type Quieted<Value> = Value & { readonly othersShare: number | null };

export type DeliveryRound = {
  readonly parley: Quieted<ArrivalReport>;
  /** graphile-worker, each job by itself. */
  readonly graphile: Quieted<ArrivalReport>;
  /** graphile-worker, with batches. */
  readonly graphileBatched: Quieted<ArrivalReport>;
};

export type Outbound = {
  readonly greetings: readonly Quieted<GreetingResult>[];
  readonly delivery: readonly DeliveryRound[];
  /** The settings that were tried, fastest first; the fastest were used. */
  readonly graphileTrials: {
    readonly oneByOne: readonly Trial[];
    readonly batched: readonly Trial[];
  };
};

/** The name under which the receiver keeps Parley's deliveries. */
const SERIES = 'parley';

export const setupFile = (name: string): string =>
  fileURLToPath(new URL(`setup/${name}`, import.meta.url));

/** Runs this part of the benchmark. */
export async function measureOutbound(plan: Plan, tell: (text: string) => void): Promise<Outbound> {
  const receiver = await startReceiver();
  try {
    const parley = await startParley({
      PARLEY_CONFIG: setupFile('greets-and-calls.yaml'),
      BENCH_CALLBACK_URL: receiver.urlOf(SERIES),
    });
    try {
      const greetings = await greet(plan, parley, receiver);
      tell('greetings: done');
      return { greetings, ...(await deliver(plan, parley, receiver, tell)) };
    } finally {
      await parley.stop();
    }
  } finally {
    await receiver.stop();
  }
}

async function greet(
  { answers }: Plan,
  { database, url, token }: ParleySide,
  receiver: ReceiverSide,
): Promise<Quieted<GreetingResult>[]> {
  const order = { url, token, conversations: answers.greetings };
  await receiver.greet(order);
  const turns: Quieted<GreetingResult>[] = [];
  for (let round = 1; round <= answers.rounds; round += 1) {
    await database.empty();
    turns.push(await quieted(() => receiver.greet(order)));
  }
  return turns;
}

async function deliver(
  { answers, compileSeconds }: Plan,
  { database }: ParleySide,
  receiver: ReceiverSide,
  tell: (text: string) => void,
): Promise<Omit<Outbound, 'greetings'>> {
  const { backlog: shape, graphileSeconds, rounds } = answers;
  const makeEvents = () => backlogOf(shape, systemClock());
  const byParley = async () => {
    await receiver.forget(SERIES);
    await queueInParley(database, makeEvents());
    return wholeBacklog(receiver, SERIES, shape);
  };
  const queue = await openGraphileQueue(await database.connectionTo('graphile'));
  const tools: GraphileTools = { queue, receiver, shape, makeEvents };
  const byGraphile = async ([best]: readonly Trial[]) => {
    const worker = await startGraphile(best!.settings, tools);
    try {
      await worker.deliver(graphileSeconds);
      return await quieted(() => worker.deliver(graphileSeconds));
    } finally {
      await worker.stop();
    }
  };
  try {
    const warmAtMs = performance.now() + compileSeconds * 1000;
    do await byParley();
    while (performance.now() < warmAtMs);
    const graphileTrials = {
      oneByOne: await tryAll(oneByOne, tools, graphileSeconds),
      batched: await tryAll(batched, tools, graphileSeconds),
    };
    tell('graphile-worker: settings tried');
    const delivery: DeliveryRound[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      delivery.push({
        parley: await quieted(byParley),
        graphile: await byGraphile(graphileTrials.oneByOne),
        graphileBatched: await byGraphile(graphileTrials.batched),
      });
      tell(`delivery, round ${round} of ${rounds}: ${rates(delivery.at(-1)!)}`);
    }
    return { delivery, graphileTrials };
  } finally {
    await queue.close();
  }
}

async function quieted<Value>(measure: () => Promise<Value>): Promise<Quieted<Value>> {
  const { value, othersShare } = await inQuiet(measure);
  return { ...value, othersShare };
}

const rates = (round: DeliveryRound): string =>
  Object.entries(round)
    .map(([side, { perSecond }]) => `${side} ${Math.round(perSecond).toLocaleString('en')}/s`)
    .join(', ');
