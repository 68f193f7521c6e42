// Simulates a conversation in memory and records the history that the database would have, for tests of replays.

import type { ChannelEvent } from '../../src/contract/channel-events.ts';
import type { History } from '../../src/core/conversation/history.ts';
import type { Signal } from '../../src/core/conversation/signal.ts';
import type { WorkspaceSetup } from '../../src/core/conversation/transition-context.ts';
import {
  applySignal,
  beginSimulation,
  contactOf,
  type Move,
  type Simulation,
} from '../../src/simulation/simulation.ts';

type Fields = ChannelEvent extends infer One
  ? One extends ChannelEvent
    ? Omit<One, 'eventId' | 'externalConversationId' | 'contact'>
    : never
  : never;

export class RecordedSimulation {
  readonly #moves: Move[] = [];
  simulation: Simulation;

  constructor(setup: WorkspaceSetup, nowMs: number) {
    this.simulation = beginSimulation({ setup, channelId: 1, nowMs });
  }

  get conversationId(): number {
    return this.simulation.conversation!.id;
  }

  /** Applies an event of the contact. */
  event(fields: Fields): this {
    const contact = { type: 'user', externalId: 'u', name: 'Ada', email: null } as const;
    const ids = { eventId: `e${this.#moves.length}`, externalConversationId: 'c', contact };
    return this.signal({ kind: 'channel_event', event: { ...ids, ...fields } });
  }

  /** Submits a signal; a rejected one is not recorded. */
  signal(signal: Signal): this {
    const result = applySignal(this.simulation, signal);
    if (!result.ok) return this;
    this.#moves.push(result.value);
    ({ simulation: this.simulation } = result.value);
    return this;
  }

  /** Lets time pass; a timer that is due fires at its end, however late. */
  pass(ms: number): this {
    this.simulation = { ...this.simulation, nowMs: this.simulation.nowMs + ms };
    const wakeAt = this.simulation.conversation?.wakeAt ?? null;
    if (wakeAt === null || wakeAt > this.simulation.nowMs) return this;
    return this.signal({ kind: 'timer', conversationId: this.conversationId });
  }

  history(): History {
    const conversation = this.simulation.conversation!;
    const signals = this.#moves.flatMap(({ signal, signalNumber, atMs: receivedAt, outcome }) => {
      const { record, trace } = outcome;
      if (record === null) return [];
      const answered = signal.kind === 'job_finished' ? signal.outcome : {};
      const content = { ...answered, ...record.content };
      return [{ ...record, content, signalNumber, trace, receivedAt }];
    });
    return {
      channelId: 1,
      conversation,
      contact: contactOf(this.simulation)!,
      isContactNew: true,
      createdBySignal: this.#moves[0]!.signalNumber,
      parts: this.#moves.flatMap(({ signalNumber, outcome }) =>
        outcome.parts.map((part) => ({ ...part, signalNumber, isRedacted: false })),
      ),
      signals,
      events: this.simulation.log,
    };
  }
}
