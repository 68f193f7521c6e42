// A receiver that fails in every possible way, driven by a seed, and records what it received. Checks each guarantee to
// receivers at the moment of the request.

import assert from 'node:assert/strict';
import type { OutgoingResponse } from '../../src/outgoing/http-client.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { keyOf, type LaneTable } from './lane-table.ts';

export type Reception = {
  readonly response: OutgoingResponse;
  /** The time until the response comes. */
  readonly latencyMs: number;
  readonly isAccepted: boolean;
};

const statuses = [500, 503, 429, 408, 409, 302] as const;

export class FaultyReceiver {
  readonly #random: SeededRandom;
  readonly #table: LaneTable;
  readonly #last = new Map<number, number>();
  readonly accepted = new Map<string, number>();
  isHealthy = false;
  /** Events that it accepted although the sender got no response. */
  lostResponses = 0;
  repeats = 0;

  constructor(random: SeededRandom, table: LaneTable) {
    this.#random = random;
    this.#table = table;
  }

  /** Decides what to do with a request. */
  decide(timeoutMs: number): Reception {
    const random = this.#random;
    const latencyMs = random.between(1, 400);
    if (this.isHealthy || random.chance(0.55)) return answered(200, latencyMs, true);
    const isAccepted = random.chance(0.5);
    if (random.chance(0.2)) return failed('timeout', timeoutMs, isAccepted);
    if (random.chance(0.25)) return failed('connection', latencyMs, isAccepted);
    if (random.chance(0.12)) return answered(random.pick([400, 404, 422]), latencyMs, false);
    if (random.chance(0.05)) return answered(410, latencyMs, false);
    const status = random.pick(statuses);
    const retryAfterMs = status === 429 ? random.between(0, 20_000) : null;
    return answered(status, latencyMs, false, retryAfterMs);
  }

  /** Accepts an event. @param isResend whether it was resent on request. */
  accept(body: string, isResend: boolean): void {
    const { gap, ...event } = JSON.parse(body) as {
      readonly gap?: { readonly from: number; readonly to: number };
      readonly event_id: string;
      readonly conversation_id: string;
      readonly sequence: number;
    };
    const { sequence } = event;
    const conversationId = Number(event.conversation_id);
    const key = keyOf(conversationId, sequence);
    const logged = this.#table.log.get(conversationId)?.[sequence - 1];
    assert.ok(logged !== undefined, `event ${key} was invented`);
    assert.deepEqual(event, JSON.parse(logged.body), `event ${key} is not as it was logged`);
    const count = this.accepted.get(key) ?? 0;
    this.accepted.set(key, count + 1);
    if (count > 0) this.repeats += 1;
    if (isResend || count > 0) return;
    this.#checkOrder(conversationId, sequence, gap);
  }

  /** Checks that a new event follows all earlier ones, except dead letters, which its gap must announce. */
  #checkOrder(
    conversationId: number,
    sequence: number,
    gap: { readonly from: number; readonly to: number } | undefined,
  ): void {
    const last = this.#last.get(conversationId) ?? 0;
    assert.ok(sequence > last, `event ${sequence} came after ${last}`);
    this.#last.set(conversationId, sequence);
    for (let missing = last + 1; missing < sequence; missing += 1) {
      const isDeadLetter = this.#table.deadLetters.has(keyOf(conversationId, missing));
      assert.ok(isDeadLetter, `event ${missing} was left out before ${sequence}`);
    }
    if (sequence > last + 1) {
      assert.ok(gap !== undefined, `the gap before event ${sequence} was not announced`);
      assert.ok(gap.from <= last + 1, `the gap before ${sequence} begins at ${gap.from}`);
    }
    if (gap === undefined) return;
    assert.equal(gap.to, sequence - 1);
    for (let left = gap.from; left <= gap.to; left += 1) {
      const isDeadLetter = this.#table.deadLetters.has(keyOf(conversationId, left));
      assert.ok(isDeadLetter, `event ${left} is announced as a gap but is no dead letter`);
    }
  }
}

const answered = (
  status: number,
  latencyMs: number,
  isAccepted: boolean,
  retryAfterMs: number | null = null,
): Reception => ({
  response: { kind: 'responded', status, retryAfterMs, body: '', isCut: false, latencyMs },
  latencyMs,
  isAccepted,
});

const failed = (
  reason: Extract<OutgoingResponse, { kind: 'failed' }>['reason'],
  latencyMs: number,
  isAccepted: boolean,
): Reception => ({
  response: { kind: 'failed', reason, detail: 'simulated', latencyMs },
  latencyMs,
  isAccepted,
});
