// Simulates a random history: an app, two servers that crash, timers, calls and a faulty receiver, in fake time. The
// interpreter, the delivery of lanes and the retry schedule are the real ones; rows are objects (lane-table.ts,
// conversations.ts).
//
// The same seed gives the same history: nothing here reads the real time or other randomness, and actions run one
// after the other.

import assert from 'node:assert/strict';
import type { ChannelEvent } from '../../src/contract/channel-events.ts';
import type { Job } from '../../src/core/conversation/signal.ts';
import type { Callback } from '../../src/delivery/callbacks.ts';
import { deliverLane, leaseSlackMs } from '../../src/delivery/deliver-lane.ts';
import type { OutgoingHttp } from '../../src/outgoing/http-client.ts';
import type { ClaimedLane } from '../../src/store/outbox/claim.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import {
  assertAllAccepted,
  assertDelivered,
  assertStatesAsWithoutFaults,
} from './check-history.ts';
import { known, randomSetup } from './context.ts';
import { StoredConversation } from './conversations.ts';
import { FaultyReceiver } from './faulty-receiver.ts';
import { LaneTable } from './lane-table.ts';
import { type Action, randomAction } from './random-workflow.ts';

const START_MS = Date.UTC(2026, 10, 22, 9, 30);
const ACTIONS_MAX = 10;
const CRASHES_MAX = 5;
/** Limits for workflows with long loops. */
const TIMERS_MAX = 25;
const CALLS_MAX = 40;
const SERVING_MAX = 2;
const JOB_LEASE_MS = 20_000;
const STEPS_MAX = 20_000;

const callback: Callback = {
  workspaceId: 1,
  channelId: 1,
  url: 'https://app.example/parley',
  format: 'parley',
  timeoutMs: 15_000,
  retryDelaysMs: [1_000, 3_000, 10_000],
  allowedCidrs: [],
  tokenHeader: null,
  secrets: ['whsec_c2ltdWxhdGlvbg=='],
};
const leaseMs = callback.timeoutMs + leaseSlackMs;

/** Thrown in a server that has crashed, to stop what it was doing. */
class Crashed extends Error {}

type Server = { epoch: number; upAt: number; serving: number };

/** A scheduled action. */
type Coming = { readonly atMs: number; readonly happen: () => void };

export type HistoryCounts = {
  readonly events: number;
  readonly crashes: number;
  readonly repeats: number;
  readonly deadLetters: number;
  readonly timers: number;
  readonly calls: number;
};

/** Runs a history and checks the invariants. @throws AssertionError where one is violated. */
export function simulate(seed: number): Promise<HistoryCounts> {
  return new Simulation(seed).run();
}

class Simulation {
  readonly #random: SeededRandom;
  readonly #table = new LaneTable();
  readonly #receiver: FaultyReceiver;
  readonly #conversations: readonly StoredConversation[];
  readonly #servers: readonly Server[] = [0, 1].map(() => ({ epoch: 0, upAt: 0, serving: 0 }));
  readonly #jobLeases = new Map<number, number>();
  /** Actions in flight, by the time at which they complete. */
  #agenda: Coming[] = [];
  #nowMs = START_MS;
  #signalNumber = 0;
  #leaseNumber = 0;
  #actionsLeft: number;
  #nextActionAt = START_MS;
  #eventNumber = 0;
  #crashesLeft: number;
  #timersLeft = TIMERS_MAX;
  #callsLeft = CALLS_MAX;
  #lateSettles = 0;
  #deadLetters = 0;
  #bug: unknown = null;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const random = this.#random;
    const setup = randomSetup(random);
    this.#receiver = new FaultyReceiver(random, this.#table);
    this.#conversations = Array.from(
      { length: random.between(1, 2) },
      (_, index) => new StoredConversation(index, setup, this.#table, START_MS),
    );
    this.#actionsLeft = random.between(2, ACTIONS_MAX);
    this.#crashesLeft = random.chance(0.2) ? 0 : random.between(1, CRASHES_MAX);
  }

  async run(): Promise<HistoryCounts> {
    const crashes = this.#crashesLeft;
    await this.#untilQuiet();
    const { repeats } = this.#receiver;
    assertDelivered(this.#table, this.#receiver);
    await this.#checkResends();
    assertStatesAsWithoutFaults(this.#conversations, { areCallsDone: this.#callsLeft > 0 });
    const isExcused = crashes > 0 || this.#receiver.lostResponses > 0 || this.#lateSettles > 0;
    assert.ok(repeats === 0 || isExcused, `${repeats} events came twice without a reason`);
    return {
      events: [...this.#table.log.values()].flat().length,
      crashes: crashes - this.#crashesLeft,
      repeats,
      deadLetters: this.#deadLetters,
      timers: TIMERS_MAX - this.#timersLeft,
      calls: CALLS_MAX - this.#callsLeft,
    };
  }

  /** Runs the scheduled actions one by one until none is left. */
  async #untilQuiet(): Promise<void> {
    for (let step = 0; ; step += 1) {
      assert.ok(step < STEPS_MAX, 'it never becomes idle');
      const next = this.#next();
      if (next === null) return;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.happen();
      // Lets whatever waited for this action run until it waits again.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#bug !== null) throw this.#bug;
    }
  }

  #next(): Coming | null {
    const coming = [
      ...this.#agenda,
      ...this.#comingAction(),
      ...this.#comingTimers(),
      ...this.#comingCalls(),
      ...this.#comingClaim(),
      ...this.#comingRepair(),
    ];
    const first = Math.min(...coming.map(({ atMs }) => Math.max(atMs, this.#nowMs)));
    const candidates = coming.filter(({ atMs }) => Math.max(atMs, this.#nowMs) === first);
    return candidates.length === 0 ? null : this.#random.pick(candidates);
  }

  #later(delayMs: number, happen: () => void): void {
    const coming: Coming = {
      atMs: this.#nowMs + delayMs,
      happen: () => {
        this.#agenda = this.#agenda.filter((one) => one !== coming);
        happen();
      },
    };
    this.#agenda.push(coming);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#later(delayMs, resolve));
  }

  #takeNumber(): number {
    this.#signalNumber += 1;
    return this.#signalNumber;
  }

  /** Decides whether a server crashes now; a crash ends everything it was doing. */
  #crashes(server: Server, probability: number): boolean {
    if (this.#crashesLeft === 0 || !this.#random.chance(probability)) return false;
    this.#crashesLeft -= 1;
    server.epoch += 1;
    server.serving = 0;
    server.upAt = this.#nowMs + this.#random.between(500, 30_000);
    return true;
  }

  #serverUp(): Server | null {
    const up = this.#servers.filter(({ upAt }) => upAt <= this.#nowMs);
    return up.length === 0 ? null : this.#random.pick(up);
  }

  #firstUpAt(): number {
    return Math.min(...this.#servers.map(({ upAt }) => upAt));
  }

  #comingAction(): readonly Coming[] {
    if (this.#actionsLeft === 0) return [];
    return [{ atMs: this.#nextActionAt, happen: () => this.#act() }];
  }

  #act(): void {
    const random = this.#random;
    this.#actionsLeft -= 1;
    this.#nextActionAt = this.#nowMs + random.pick([0, 50, 2_000, 70_000]);
    if (this.#actionsLeft === 0) this.#later(random.between(0, 90_000), () => this.#recover());
    const conversation = random.pick(this.#conversations);
    const { simulation } = conversation;
    const { conversation: row } = simulation;
    if (row === null) {
      const isPlain = random.chance(0.7);
      const begins = isPlain
        ? ({ kind: 'new_conversation' } as const)
        : ({ kind: 'new_message', body: 'Hello' } as const);
      this.#send(conversation, begins);
      return;
    }
    const at = { run: row.run, parts: simulation.parts, nowMs: this.#nowMs };
    this.#carryOut(conversation, row.id, randomAction(random, known, at));
  }

  /** Makes the receiver healthy for the rest of the run. */
  #recover(): void {
    this.#receiver.isHealthy = true;
  }

  #carryOut(conversation: StoredConversation, conversationId: number, action: Action): void {
    switch (action.do) {
      case 'message':
        this.#send(conversation, { kind: 'new_message', body: action.body });
        break;
      case 'click':
        this.#send(conversation, { kind: 'quick_reply_selected', optionId: action.optionId });
        break;
      case 'give': {
        const { attribute: attributeId, value } = action;
        this.#send(conversation, { kind: 'attribute_collected', attributeId, value });
        break;
      }
      case 'teammate': {
        const signal = { kind: 'teammate', conversationId, adminId: known.adminId } as const;
        const { action: teammateAction } = action;
        conversation.takeSignal(
          { ...signal, action: teammateAction },
          this.#takeNumber(),
          this.#nowMs,
        );
        break;
      }
      case 'pass':
        this.#nextActionAt = this.#nowMs + Math.min(action.ms, 4_000_000);
        break;
      case 'answer':
        // The server that makes a call reports its result.
        break;
    }
  }

  /** The app sends an event, and again until it is acknowledged. */
  #send(
    conversation: StoredConversation,
    fields: EventFields,
    eventId: string = this.#newEventId(),
  ): void {
    const { externalId } = conversation;
    const contact = {
      type: 'user',
      externalId: `user_${externalId}`,
      name: 'Ada',
      email: null,
    } as const;
    const event: ChannelEvent = {
      eventId,
      externalConversationId: externalId,
      contact,
      ...fields,
    };
    const again = () => this.#later(1_000, () => this.#send(conversation, fields, eventId));
    const server = this.#serverUp();
    if (server === null || this.#crashes(server, 0.05)) {
      again();
      return;
    }
    conversation.takeEvent(event, this.#takeNumber(), this.#nowMs);
    // Committed, but the app gets no response.
    if (this.#crashes(server, 0.05) || this.#random.chance(0.05)) again();
  }

  #newEventId(): string {
    this.#eventNumber += 1;
    return `event_${this.#eventNumber}`;
  }

  #comingTimers(): readonly Coming[] {
    if (this.#timersLeft === 0) return [];
    return this.#conversations.flatMap((conversation) => {
      const wakeAt = conversation.simulation.conversation?.wakeAt ?? null;
      if (wakeAt === null) return [];
      const atMs = Math.max(wakeAt, this.#firstUpAt());
      return [{ atMs, happen: () => this.#fireTimer(conversation) }];
    });
  }

  #fireTimer(conversation: StoredConversation): void {
    const server = this.#serverUp();
    if (server === null || this.#crashes(server, 0.1)) return;
    this.#timersLeft -= 1;
    const conversationId = conversation.simulation.conversation!.id;
    const fire = () =>
      conversation.takeSignal({ kind: 'timer', conversationId }, this.#takeNumber(), this.#nowMs);
    fire();
    // Another server also saw the due timer, and is late.
    if (this.#random.chance(0.3)) this.#later(this.#random.between(0, 5_000), fire);
  }

  #comingCalls(): readonly Coming[] {
    if (this.#callsLeft <= 0) return [];
    return this.#conversations.flatMap((conversation) =>
      conversation.simulation.jobs.map((job) => {
        const leasedUntil = this.#jobLeases.get(job.id) ?? job.createdAt;
        const atMs = Math.max(leasedUntil, this.#firstUpAt());
        return { atMs, happen: () => this.#call(conversation, job) };
      }),
    );
  }

  #call(conversation: StoredConversation, { id: jobId, conversationId }: Job): void {
    const random = this.#random;
    const server = this.#serverUp();
    this.#jobLeases.set(jobId, this.#nowMs + JOB_LEASE_MS);
    if (server === null || this.#crashes(server, 0.1)) return;
    this.#callsLeft -= 1;
    const { epoch } = server;
    const outcome = random.chance(0.3)
      ? ({ ok: false, reason: 'timeout' } as const)
      : ({ ok: true, status: 200, answer: { status: random.pick(['sent', 'lost']) } } as const);
    // Sometimes longer than its lease: then another server calls as well.
    this.#later(random.between(1, random.chance(0.2) ? 3 * JOB_LEASE_MS : 2_000), () => {
      if (server.epoch !== epoch || this.#crashes(server, 0.1)) return;
      const signal = { kind: 'job_finished', conversationId, jobId, outcome } as const;
      conversation.takeSignal(signal, this.#takeNumber(), this.#nowMs);
    });
  }

  #comingClaim(): readonly Coming[] {
    const dueAt = this.#table.firstDueAt();
    const free = this.#servers.filter(({ serving }) => serving < SERVING_MAX);
    if (dueAt === null || free.length === 0) return [];
    const upAt = Math.min(...free.map((one) => one.upAt));
    return [{ atMs: Math.max(dueAt, upAt), happen: () => this.#claim() }];
  }

  #claim(): void {
    const servers = this.#servers.filter(
      ({ upAt, serving }) => upAt <= this.#nowMs && serving < SERVING_MAX,
    );
    if (servers.length === 0) return;
    const server = this.#random.pick(servers);
    this.#leaseNumber += 1;
    const lease = `lease ${this.#leaseNumber}`;
    const lane = this.#table.claim(this.#nowMs, lease, leaseMs);
    if (lane === null || this.#crashes(server, 0.03)) return;
    server.serving += 1;
    this.#serve(server, lane, lease).catch((error: unknown) => {
      if (!(error instanceof Crashed)) this.#bug ??= error;
    });
  }

  async #serve(server: Server, lane: ClaimedLane, lease: string): Promise<void> {
    const { epoch } = server;
    const random = this.#random;
    const leaseEndsAtMs = this.#nowMs + leaseMs;
    const nowMs = () => this.#nowMs;
    const leased = {
      ...lane,
      lease,
      /** The rest of the lease in simulated time. */
      get leaseEndsAt() {
        return performance.now() + (leaseEndsAtMs - nowMs());
      },
    };
    const settled = await deliverLane(leased, {
      http: this.#httpOf(server, lane.resend !== null),
      clock: nowMs,
      random: () => random.fraction(),
      userAgent: 'Parley/simulated',
      callback: () => (this.#table.isDisabled ? null : callback),
      onAttempt: () => {},
      endpoint: { hasTakenWithin: () => random.chance(0.5), rejectsAll: random.chance(0.1) },
    });
    // Sometimes frozen for so long that another server gets the lease.
    const isFrozen = !this.#receiver.isHealthy && random.chance(0.03);
    await this.#pause(isFrozen ? 2 * leaseMs : random.between(0, 20));
    if (server.epoch !== epoch || this.#crashes(server, 0.05)) return;
    server.serving -= 1;
    if (!this.#table.settle(settled, this.#nowMs)) this.#lateSettles += 1;
    else if (settled.deadLetter !== null) this.#deadLetters += 1;
  }

  #httpOf(server: Server, isResend: boolean): OutgoingHttp {
    const { epoch } = server;
    const send: OutgoingHttp['send'] = async ({ body, timeoutMs }) => {
      if (this.#crashes(server, 0.02)) throw new Crashed();
      const { response, latencyMs, isAccepted } = this.#receiver.decide(timeoutMs);
      const isKnown = response.kind === 'responded';
      await this.#pause(Math.min(latencyMs, 20));
      if (isAccepted) this.#receiver.accept(body ?? '', isResend);
      if (isAccepted && !isKnown) this.#receiver.lostResponses += 1;
      await this.#pause(Math.max(latencyMs - 20, 0));
      if (server.epoch !== epoch || this.#crashes(server, 0.02)) throw new Crashed();
      return response;
    };
    return { send } as unknown as OutgoingHttp;
  }

  /** Schedules an operator who enables a callback again that a 410 disabled. */
  #comingRepair(): readonly Coming[] {
    if (!this.#table.isDisabled) return [];
    const happen = () => {
      this.#table.isDisabled = false;
    };
    return [{ atMs: this.#nowMs + 30_000, happen }];
  }

  /** Checks that every dead letter is delivered after a resend. */
  async #checkResends(): Promise<void> {
    this.#receiver.isHealthy = true;
    if (this.#table.resendDeadLetters(this.#nowMs) === 0) return;
    await this.#untilQuiet();
    assertAllAccepted(this.#table, this.#receiver);
  }
}

type DistributiveOmit<Type, Key extends PropertyKey> = Type extends unknown
  ? Omit<Type, Key>
  : never;
type EventFields = DistributiveOmit<ChannelEvent, 'eventId' | 'externalConversationId' | 'contact'>;
