// The rows of delivery in memory: does to objects what the statements of store/outbox/claim.ts, store/outbox/settle.ts
// and store/engine/persist-effects.ts do to rows.

import type { LogEntry } from '../../src/core/conversation/change.ts';
import type { ClaimedLane } from '../../src/store/outbox/claim.ts';
import type { AttemptRow, SettledLane } from '../../src/store/outbox/settle.ts';

type LaneRow = {
  readonly conversationId: number;
  nextSequence: number;
  lastSequence: number;
  attempt: number;
  gapFrom: number | null;
  dueAt: number | null;
  lease: string | null;
};

const EVENTS_PER_CLAIM = 4;
const CHANNEL = { workspaceId: 1, channelId: 1 };

export class LaneTable {
  readonly lanes = new Map<number, LaneRow>();
  readonly log = new Map<number, LogEntry[]>();
  readonly deadLetters = new Map<string, string>();
  /** The number of failures of each event. */
  readonly resends = new Map<string, number>();
  readonly #attempts = new Map<string, AttemptRow[]>();
  isDisabled = false;

  /** Applies what a commit of the engine writes. */
  append(entries: readonly LogEntry[], nowMs: number): void {
    for (const entry of entries) {
      const { conversationId, sequence } = entry;
      const log = this.log.get(conversationId) ?? [];
      this.log.set(conversationId, [...log, entry]);
      const lane = this.lanes.get(conversationId);
      if (lane === undefined) {
        this.lanes.set(conversationId, {
          conversationId,
          nextSequence: sequence,
          lastSequence: sequence,
          attempt: 0,
          gapFrom: null,
          dueAt: nowMs,
          lease: null,
        });
      } else {
        lane.lastSequence = sequence;
        lane.dueAt ??= nowMs;
      }
    }
  }

  /** The time at which the first lane is due; null if none is. */
  firstDueAt(): number | null {
    if (this.isDisabled) return null;
    const times = [...this.lanes.values()].flatMap(({ dueAt }) => (dueAt === null ? [] : [dueAt]));
    return times.length === 0 ? null : Math.min(...times);
  }

  claim(nowMs: number, lease: string, leaseMs: number): ClaimedLane | null {
    const due = [...this.lanes.values()]
      .filter(({ dueAt }) => dueAt !== null && dueAt <= nowMs)
      .toSorted((a, b) => a.dueAt! - b.dueAt!);
    const [lane] = due;
    if (lane === undefined || this.isDisabled) return null;
    lane.dueAt = nowMs + leaseMs;
    lane.lease = lease;
    const resend = this.#resendOf(lane, 0);
    const from = resend?.sequence ?? lane.nextSequence;
    const to = resend?.sequence ?? lane.lastSequence;
    const head = (this.log.get(lane.conversationId) ?? [])
      .filter(({ sequence }) => sequence >= from && sequence <= to)
      .slice(0, EVENTS_PER_CLAIM);
    const { conversationId, nextSequence, lastSequence, attempt, gapFrom } = lane;
    const tried = this.#attempts.get(keyOf(conversationId, from)) ?? [];
    const firstAttemptAt = resend !== null || attempt > 0 ? (tried[0]?.at ?? null) : null;
    const events = head.map(({ sequence, name, body, createdAt }) => ({
      sequence,
      name,
      body,
      createdAt,
    }));
    return {
      ...CHANNEL,
      ...{ conversationId, nextSequence, lastSequence, attempt, gapFrom },
      ...{ firstAttemptAt, resend, events },
    };
  }

  /** Records results. @returns whether the lease was still valid. */
  settle(settled: SettledLane, nowMs: number): boolean {
    const { conversationId, lease, nextSequence, attempt, gapFrom, delayMs } = settled;
    const lane = this.lanes.get(conversationId);
    if (lane === undefined || lane.lease !== lease) return false;
    const { resend, deadLetter } = settled;
    const isOver = resend !== null && resend.failures === null;
    const over = isOver ? resend.sequence : 0;
    Object.assign(lane, { nextSequence, attempt, gapFrom, lease: null });
    const hasMore = lane.lastSequence >= nextSequence || this.#resendOf(lane, over) !== null;
    const dueWithoutDelay = hasMore ? nowMs : null;
    lane.dueAt = delayMs === null ? dueWithoutDelay : nowMs + delayMs;
    for (const one of settled.attempts) {
      const key = keyOf(conversationId, one.sequence);
      this.#attempts.set(key, [...(this.#attempts.get(key) ?? []), one]);
    }
    if (deadLetter !== null)
      this.deadLetters.set(keyOf(conversationId, deadLetter.sequence), deadLetter.reason);
    if (resend !== null) {
      const key = keyOf(conversationId, resend.sequence);
      if (isOver) this.resends.delete(key);
      else this.resends.set(key, resend.failures!);
      if (resend.isDelivered) this.deadLetters.delete(key);
    }
    if (settled.disabled !== null) this.isDisabled = true;
    return true;
  }

  /** Resends every dead letter, as an operator would. @returns how many. */
  resendDeadLetters(nowMs: number): number {
    for (const key of this.deadLetters.keys()) {
      this.resends.set(key, this.resends.get(key) ?? 0);
      const lane = this.lanes.get(Number(key.split(' ')[0]));
      if (lane !== undefined) lane.dueAt ??= nowMs;
    }
    return this.deadLetters.size;
  }

  /** The first event to resend that the lane has passed. */
  #resendOf({ conversationId, nextSequence }: LaneRow, except: number) {
    const sequences = [...this.resends.keys()]
      .filter((key) => key.startsWith(`${conversationId} `))
      .map((key) => Number(key.split(' ')[1]))
      .filter((sequence) => sequence < nextSequence && sequence !== except);
    if (sequences.length === 0) return null;
    const sequence = Math.min(...sequences);
    return { sequence, failures: this.resends.get(keyOf(conversationId, sequence))! };
  }
}

export const keyOf = (conversationId: number, sequence: number): string =>
  `${conversationId} ${sequence}`;
