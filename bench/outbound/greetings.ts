// Notifies one conversation after the other, with pauses, and measures the time until its greeting arrives: from
// sending the request, and from its 200. Sender and receiver are one process with one clock.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { body, path } from '../load/requests.ts';
import { type LatencyMs, Tally } from '../load/tally.ts';

export type GreetingOrder = {
  readonly url: string;
  readonly token: string;
  readonly conversations: number;
};

export type GreetingResult = {
  readonly conversations: number;
  readonly sinceSentMs: LatencyMs;
  /** A greeting that arrived before the 200 counts as 0. */
  readonly sinceAcceptedMs: LatencyMs;
};

/** Random pauses between a greeting and the next conversation, so that the system is idle and follows no rhythm. */
const PAUSE_MS = { from: 5, to: 30 };
const TIMEOUT_MS = 10_000;

export class Greetings {
  readonly #waiting = new Map<string, (atMs: number) => void>();

  /** Adds an event; the first one of a conversation is its greeting. */
  note(externalConversationId: string, sequence: number, atMs: number): void {
    if (sequence === 1) this.#waiting.get(externalConversationId)?.(atMs);
  }

  /** @throws if a conversation is not accepted, or not greeted in time. */
  async measure({ url, token, conversations }: GreetingOrder): Promise<GreetingResult> {
    const sinceSent = new Tally();
    const sinceAccepted = new Tally();
    for (let count = 0; count < conversations; count += 1) {
      await pause(PAUSE_MS.from + Math.random() * (PAUSE_MS.to - PAUSE_MS.from));
      const { sentAt, acceptedAt, greetedAt } = await this.#greetOne(url, token);
      sinceSent.countAnswer(200, greetedAt - sentAt, true);
      sinceAccepted.countAnswer(200, Math.max(greetedAt - acceptedAt, 0), true);
    }
    return {
      conversations,
      sinceSentMs: sinceSent.latencyMs(),
      sinceAcceptedMs: sinceAccepted.latencyMs(),
    };
  }

  async #greetOne(
    url: string,
    token: string,
  ): Promise<{ sentAt: number; acceptedAt: number; greetedAt: number }> {
    const id = randomUUID();
    const greeted = Promise.withResolvers<number>();
    this.#waiting.set(id, greeted.resolve);
    const late = setTimeout(
      () => greeted.reject(new Error(`${id} was not greeted within ${TIMEOUT_MS} ms`)),
      TIMEOUT_MS,
    );
    try {
      const sentAt = performance.now();
      const accepted = fetch(`${url}${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: body(randomUUID(), id, randomUUID()),
      }).then((response) => {
        if (response.status !== 200) throw new Error(`${id} was answered with ${response.status}`);
        return performance.now();
      });
      const [acceptedAt, greetedAt] = await Promise.all([accepted, greeted.promise]);
      return { sentAt, acceptedAt, greetedAt };
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }
}
