// Sends an event script over several connections and records the responses; causes no failure itself.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { type Client, find503Violation, type Outcome } from './client.ts';
import { type EventScript, requestBody, type ScriptEvent } from './event-script.ts';

export type Load = {
  readonly counts: {
    answered: number;
    unavailable: number;
    broken: number;
    slowestUnavailableMs: number;
  };
  /** When the requests that broke off had been completely sent, in the time of performance.now(). */
  readonly brokenSentAtMs: readonly number[];
  /** Sends nothing new; resolves when no request is in flight any more. */
  stop(): Promise<void>;
};

/**
 * Starts sending.
 * @param options.mayBreak whether connections may break off, because Parley is about to be killed.
 */
export function startLoad(
  client: Client,
  script: EventScript,
  options: { readonly senders: number; readonly mayBreak: boolean },
): Load {
  const counts = { answered: 0, unavailable: 0, broken: 0, slowestUnavailableMs: 0 };
  const brokenSentAtMs: number[] = [];
  let isOver = false;
  const sender = async () => {
    while (!isOver) {
      const event = script.next();
      const copies = script.sendsTwice() ? [event, event] : [event];
      const outcomes = await Promise.all(copies.map((copy) => sendEvent(client, copy)));
      for (const outcome of outcomes) {
        const kind = record(script, event, outcome);
        counts[kind] += 1;
        if (kind === 'unavailable' && outcome.kind === 'answered') {
          counts.slowestUnavailableMs = Math.max(
            counts.slowestUnavailableMs,
            Math.round(outcome.durationMs),
          );
        }
        if (outcome.kind === 'broken' && outcome.sentAtMs !== undefined) {
          brokenSentAtMs.push(outcome.sentAtMs);
        }
        if (kind === 'broken' && !options.mayBreak) {
          script.violations.push(`${event.eventId}: ${JSON.stringify(outcome)}`);
        }
      }
      if (outcomes.some((outcome) => outcome.kind === 'broken' || outcome.status !== 200)) {
        await pause(10);
      }
    }
  };
  const senders = Array.from({ length: options.senders }, sender);
  const stop = async () => {
    isOver = true;
    await Promise.all(senders);
  };
  // A test that fails must end as well.
  afterAll(stop);
  return { counts, brokenSentAtMs, stop };
}

/** Sends all unanswered events once more: each must be acknowledged at the first try. */
export async function sendUnanswered(client: Client, script: EventScript): Promise<number> {
  let sent = 0;
  const sender = async () => {
    for (let event = script.nextUnanswered(); event; event = script.nextUnanswered()) {
      const outcome = await sendEvent(client, event);
      sent += 1;
      if (record(script, event, outcome) !== 'answered') {
        script.violations.push(`repeating ${event.eventId}: ${JSON.stringify(outcome)}`);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, sender));
  return sent;
}

/** Sends acknowledged events again: each must get its first response, marked as a replay. */
export async function sendAgain(
  client: Client,
  script: EventScript,
  events: readonly ScriptEvent[],
): Promise<void> {
  for (const event of events) {
    const outcome = await sendEvent(client, event);
    record(script, event, outcome);
    if (outcome.kind !== 'answered' || outcome.headers['idempotent-replayed'] !== 'true') {
      script.violations.push(`${event.eventId} is not replayed: ${JSON.stringify(outcome)}`);
    }
  }
}

export function sendEvent(client: Client, event: ScriptEvent): Promise<Outcome> {
  return client.post(`/custom_channel_events/notify_${event.kind}`, requestBody(event));
}

function record(
  script: EventScript,
  event: ScriptEvent,
  outcome: Outcome,
): 'answered' | 'unavailable' | 'broken' {
  if (outcome.kind === 'broken') {
    script.leaveUnanswered(event);
    return 'broken';
  }
  const { status, body } = outcome;
  if (status !== 200) {
    const violation = find503Violation(outcome);
    if (violation !== undefined) script.violations.push(`${event.eventId}: ${violation}`);
    script.leaveUnanswered(event);
    return 'unavailable';
  }
  if (
    body.external_conversation_id !== event.conversation ||
    body.external_contact_id !== event.contact
  ) {
    script.violations.push(
      `${event.eventId}: response for another conversation: ${JSON.stringify(body)}`,
    );
  }
  script.acknowledge(event, {
    conversationId: body.conversation_id,
    contactId: body.contact_id,
  });
  return 'answered';
}
