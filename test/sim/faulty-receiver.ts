// A receiver that fails in every possible way, driven by a seed, and records what it received. Checks each guarantee to
// receivers at the moment of the request.

import assert from 'node:assert/strict';
import type { OutgoingResponse } from '../../src/outgoing/http-client.ts';
import type { SeededRandom } from '../crash/seeded-random.ts';
import { keyOf, type LaneTable } from './lane-table.ts';

export type Reception = {
  readonly answer: OutgoingResponse;
  /** Until it comes. */
  readonly latencyMs: number;
  readonly isTaken: boolean;
};

const statuses = [500, 503, 429, 408, 409, 302] as const;

export class FaultyReceiver {
  readonly #random: SeededRandom;
  readonly #table: LaneTable;
  readonly #last = new Map<number, number>();
  readonly taken = new Map<string, number>();
  isHealthy = false;
  /** Events that it took although the sender could not know. */
  lostAnswers = 0;
  repeats = 0;

  constructor(random: SeededRandom, table: LaneTable) {
    this.#random = random;
    this.#table = table;
  }

  /** What it will do with a request. */
  decide(timeoutMs: number): Reception {
    const random = this.#random;
    const latencyMs = random.between(1, 400);
    if (this.isHealthy || random.chance(0.55)) return answered(200, latencyMs, true);
    const isTaken = random.chance(0.5);
    if (random.chance(0.2)) return failed('timeout', timeoutMs, isTaken);
    if (random.chance(0.25)) return failed('connection', latencyMs, isTaken);
    if (random.chance(0.12)) return answered(random.pick([400, 404, 422]), latencyMs, false);
    if (random.chance(0.05)) return answered(410, latencyMs, false);
    const status = random.pick(statuses);
    const retryAfterMs = status === 429 ? random.between(0, 20_000) : null;
    return answered(status, latencyMs, false, retryAfterMs);
  }

  /** Takes an event. @param isResend whether a person asked for it again. */
  take(body: string, isResend: boolean): void {
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
    const count = this.taken.get(key) ?? 0;
    this.taken.set(key, count + 1);
    if (count > 0) this.repeats += 1;
    if (isResend || count > 0) return;
    this.#checkOrder(conversationId, sequence, gap);
  }

  /** The first time it sees an event, it has seen all before it but those that were given up, and is told of these. */
  #checkOrder(
    conversationId: number,
    sequence: number,
    gap: { readonly from: number; readonly to: number } | undefined,
  ): void {
    const last = this.#last.get(conversationId) ?? 0;
    assert.ok(sequence > last, `event ${sequence} came after ${last}`);
    this.#last.set(conversationId, sequence);
    for (let missing = last + 1; missing < sequence; missing += 1) {
      const isGivenUp = this.#table.deadLetters.has(keyOf(conversationId, missing));
      assert.ok(isGivenUp, `event ${missing} was left out before ${sequence}`);
    }
    if (sequence > last + 1) {
      assert.ok(gap !== undefined, `the gap before event ${sequence} was not announced`);
      assert.ok(gap.from <= last + 1, `the gap before ${sequence} begins at ${gap.from}`);
    }
    if (gap === undefined) return;
    assert.equal(gap.to, sequence - 1);
    for (let parked = gap.from; parked <= gap.to; parked += 1) {
      const isGivenUp = this.#table.deadLetters.has(keyOf(conversationId, parked));
      assert.ok(isGivenUp, `event ${parked} is announced as a gap and was not given up`);
    }
  }
}

const answered = (
  status: number,
  latencyMs: number,
  isTaken: boolean,
  retryAfterMs: number | null = null,
): Reception => ({
  answer: { kind: 'answered', status, retryAfterMs, body: '', isCut: false, latencyMs },
  latencyMs,
  isTaken,
});

const failed = (
  reason: Extract<OutgoingResponse, { kind: 'failed' }>['reason'],
  latencyMs: number,
  isTaken: boolean,
): Reception => ({
  answer: { kind: 'failed', reason, detail: 'simulated', latencyMs },
  latencyMs,
  isTaken,
});
