// Sends a story over several connections and keeps book of what was answered. Knows nothing of what goes wrong
// meanwhile, and is never the one who causes it.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { type Client, faultOfRefusal, type Outcome } from './client.ts';
import { requestBody, type Story, type StoryEvent } from './event-script.ts';

export type Load = {
  readonly counts: {
    answered: number;
    refused: number;
    broken: number;
    slowestRefusalMs: number;
  };
  /** When the requests that broke off had been sent completely; in the time of performance.now(). */
  readonly brokenSentAtMs: readonly number[];
  /** Sends nothing new; resolves when everything under way has come to an end. */
  stop(): Promise<void>;
};

/**
 * Starts to send.
 * @param options.mayBreak whether connections may break off, because Parley is about to be killed.
 */
export function startLoad(
  client: Client,
  story: Story,
  options: { readonly senders: number; readonly mayBreak: boolean },
): Load {
  const counts = { answered: 0, refused: 0, broken: 0, slowestRefusalMs: 0 };
  const brokenSentAtMs: number[] = [];
  let isOver = false;
  const sender = async () => {
    while (!isOver) {
      const event = story.next();
      const copies = story.wantsTwin() ? [event, event] : [event];
      const outcomes = await Promise.all(copies.map((copy) => sendEvent(client, copy)));
      for (const outcome of outcomes) {
        const kind = note(story, event, outcome);
        counts[kind] += 1;
        if (kind === 'refused' && outcome.kind === 'answered') {
          counts.slowestRefusalMs = Math.max(
            counts.slowestRefusalMs,
            Math.round(outcome.durationMs),
          );
        }
        if (outcome.kind === 'broken' && outcome.sentAtMs !== undefined) {
          brokenSentAtMs.push(outcome.sentAtMs);
        }
        if (kind === 'broken' && !options.mayBreak) {
          story.faults.push(`${event.eventId}: ${JSON.stringify(outcome)}`);
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

/** Sends everything unanswered until it is answered: that has to work at the first try. */
export async function sendUnanswered(client: Client, story: Story): Promise<number> {
  let sent = 0;
  const sender = async () => {
    for (let event = story.nextUnanswered(); event; event = story.nextUnanswered()) {
      const outcome = await sendEvent(client, event);
      sent += 1;
      if (note(story, event, outcome) !== 'answered') {
        story.faults.push(`repeating ${event.eventId}: ${JSON.stringify(outcome)}`);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, sender));
  return sent;
}

/** Sends acknowledged events again: the answers must be the first ones, and marked as such. */
export async function sendAgain(
  client: Client,
  story: Story,
  events: readonly StoryEvent[],
): Promise<void> {
  for (const event of events) {
    const outcome = await sendEvent(client, event);
    note(story, event, outcome);
    if (outcome.kind !== 'answered' || outcome.headers['idempotent-replayed'] !== 'true') {
      story.faults.push(`${event.eventId} is not replayed: ${JSON.stringify(outcome)}`);
    }
  }
}

export function sendEvent(client: Client, event: StoryEvent): Promise<Outcome> {
  return client.post(`/custom_channel_events/notify_${event.kind}`, requestBody(event));
}

function note(
  story: Story,
  event: StoryEvent,
  outcome: Outcome,
): 'answered' | 'refused' | 'broken' {
  if (outcome.kind === 'broken') {
    story.leaveUnanswered(event);
    return 'broken';
  }
  const { status, body } = outcome;
  if (status !== 200) {
    const fault = faultOfRefusal(outcome);
    if (fault !== undefined) story.faults.push(`${event.eventId}: ${fault}`);
    story.leaveUnanswered(event);
    return 'refused';
  }
  if (
    body.external_conversation_id !== event.conversation ||
    body.external_contact_id !== event.contact
  ) {
    story.faults.push(`${event.eventId}: answered for another: ${JSON.stringify(body)}`);
  }
  story.acknowledge(event, {
    conversationId: body.conversation_id,
    contactId: body.contact_id,
  });
  return 'answered';
}
