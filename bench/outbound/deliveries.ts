// Waits until the receiver has the queued events, and fails if any arrived out of order.

import { setTimeout as pause } from 'node:timers/promises';
import type { ArrivalReport } from './arrivals.ts';
import type { BacklogShape } from './backlog.ts';
import type { ReceiverSide } from './receiver-side.ts';

const POLL_MS = 100;
/** Time limit for a whole backlog. */
const WHOLE_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 20_000;

/**
 * Waits for a whole backlog.
 * @throws if it does not arrive completely and in order.
 */
export async function wholeBacklog(
  receiver: ReceiverSide,
  series: string,
  { conversations, eventsEach }: BacklogShape,
): Promise<ArrivalReport> {
  const wanted = conversations * eventsEach;
  const report = await waitFor(receiver, series, WHOLE_TIMEOUT_MS, ({ count }) => count >= wanted);
  if (report.count !== wanted || report.conversations !== conversations) {
    throw new Error(`${series}: ${JSON.stringify(report)} instead of ${wanted} events`);
  }
  return inOrder(series, report);
}

/**
 * Waits until a backlog is delivered, or for some seconds from its first arrival on.
 * @throws if nothing arrives, or not in order.
 */
export async function partOfBacklog(
  receiver: ReceiverSide,
  series: string,
  { conversations, eventsEach }: BacklogShape,
  seconds: number,
): Promise<ArrivalReport> {
  const first = await waitFor(receiver, series, START_TIMEOUT_MS, ({ count }) => count > 0);
  if (first.count === 0) throw new Error(`${series}: nothing arrived`);
  const wanted = conversations * eventsEach;
  return inOrder(
    series,
    await waitFor(receiver, series, seconds * 1000, ({ count }) => count >= wanted),
  );
}

async function waitFor(
  receiver: ReceiverSide,
  series: string,
  timeoutMs: number,
  isEnough: (report: ArrivalReport) => boolean,
): Promise<ArrivalReport> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const report = await receiver.report(series);
    if (isEnough(report) || performance.now() >= endMs) return report;
    await pause(POLL_MS);
  }
}

function inOrder(series: string, report: ArrivalReport): ArrivalReport {
  if (report.outOfOrder === 0) return report;
  throw new Error(`${series}: not in order: ${JSON.stringify(report)}`);
}
