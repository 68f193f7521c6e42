// Graceful shutdown: goes on serving for a while (drain), then rejects new requests, finishes those in flight, and
// exits. Decides the order of the parts and the time that each gets.

import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '../base/deadline.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { App } from '../http/server/app.ts';
import type { Background } from './workers.ts';

/** The time for which a stopping server goes on serving while not ready, so that proxies switch to other servers. */
export type Drain = { readonly timeMs: number; readonly cutShort: AbortSignal };

/** Goes on serving during the drain. @returns for how long, in milliseconds. */
export async function serveOn(app: App, drain: Drain | undefined, log: Log): Promise<number> {
  if (drain === undefined || drain.timeMs === 0 || drain.cutShort.aborted) return 0;
  const { timeMs, cutShort } = drain;
  log.info({ timeMs }, 'server.draining');
  app.beginDraining();
  const startMs = performance.now();
  // It rejects when it is cut short.
  await pause(timeMs, undefined, { signal: cutShort }).catch(() => {});
  return performance.now() - startMs;
}

/**
 * Stops accepting, finishes the requests of clients, then outgoing requests in flight.
 * @param drainedMs the time spent draining, which shortens the time for the rest.
 */
export async function stopServing(
  app: App,
  background: Background,
  drainedMs: number,
): Promise<void> {
  const { finishRequestsTimeoutMs, finishRequestsTimeoutMinMs } = limits;
  const timeoutMs = Math.max(finishRequestsTimeoutMinMs, finishRequestsTimeoutMs - drainedMs);
  app.beginClosing();
  // Requests that were sent but not read yet get 503 instead of a closed connection.
  await pause(limits.closingNoticeMs);
  const slow = setTimeout(() => app.connections.cutAll(), timeoutMs);
  await Promise.all([app.server.close(), withDeadline(timeoutMs, background.stop())]);
  clearTimeout(slow);
}
