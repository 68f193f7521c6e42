// Graceful shutdown: serves on for a while, then rejects new requests, finishes those in flight, and exits. Decides
// the order of the parts and the time that each gets.

import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '../base/deadline.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { App } from '../http/server/app.ts';
import type { Background } from './workers.ts';

/** A time in which a server that is about to stop still serves, not ready any more, so that proxies turn to others. */
export type Drain = { readonly timeMs: number; readonly hurry: AbortSignal };

/** @returns how long it served on, in milliseconds. */
export async function serveOn(app: App, drain: Drain | undefined, log: Log): Promise<number> {
  if (drain === undefined || drain.timeMs === 0 || drain.hurry.aborted) return 0;
  const { timeMs, hurry } = drain;
  log.info({ timeMs }, 'server.draining');
  app.beginDraining();
  const startMs = performance.now();
  // Cut short, it rejects.
  await pause(timeMs, undefined, { signal: hurry }).catch(() => {});
  return performance.now() - startMs;
}

/**
 * Stops accepting, finishes what callers wait for, and what is in flight to others.
 * @param drainedMs how long the server has served on: that much less is left for the rest.
 */
export async function stopServing(
  app: App,
  background: Background,
  drainedMs: number,
): Promise<void> {
  const { finishRequestsTimeoutMs, finishRequestsTimeoutMinMs } = limits;
  const timeoutMs = Math.max(finishRequestsTimeoutMinMs, finishRequestsTimeoutMs - drainedMs);
  app.beginClosing();
  // What has been sent by now and not been read yet gets 503, instead of being cut off.
  await pause(limits.closingNoticeMs);
  const slow = setTimeout(() => app.connections.cutAll(), timeoutMs);
  await Promise.all([app.server.close(), withDeadline(timeoutMs, background.stop())]);
  clearTimeout(slow);
}
