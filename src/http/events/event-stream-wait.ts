// Waits for an event for a polling call that found none: a listener for the first event only.

import type { ServerResponse } from 'node:http';
import type { LogPosition, LogScope } from '../../store/outbox/event-log.ts';
import type { EventStreamHub, Listener } from './event-stream-hub.ts';

/**
 * Waits until there may be an event after the position.
 * @returns whether to stop waiting: the time is up, the caller has disconnected, or the server is stopping.
 */
export function waitForNews(
  hub: EventStreamHub,
  scope: LogScope,
  place: LogPosition,
  timeoutMs: number,
  response: ServerResponse,
): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isOver: boolean) => {
      clearTimeout(timer);
      hub.leave(listener);
      hub.closing.removeEventListener('abort', giveUp);
      response.off('close', giveUp);
      resolve(isOver);
    };
    const giveUp = () => done(true);
    const timer = setTimeout(giveUp, Math.max(0, timeoutMs));
    const listener: Listener = { scope, place, onBatch: () => done(false), onEphemeral() {} };
    hub.closing.addEventListener('abort', giveUp);
    response.on('close', giveUp);
    if (hub.closing.aborted || response.destroyed) giveUp();
    else if (!hub.join(listener)) done(false);
  });
}
