// The conversations in the database of a simulation, which survives crashes: what the engine commits, and the signals
// that a run without crashes and repeats would have had.

import type { ChannelEvent } from '../../src/contract/channel-events.ts';
import type { Signal } from '../../src/core/conversation/signal.ts';
import type { WorkspaceSetup } from '../../src/core/conversation/transition-context.ts';
import {
  applySignal,
  beginSimulation,
  type Move,
  type Simulation,
} from '../../src/simulation/simulation.ts';
import type { LaneTable } from './lane-table.ts';

type Committed = { readonly signal: Signal; readonly signalNumber: number; readonly atMs: number };

/** A stored conversation. */
export class StoredConversation {
  readonly externalId: string;
  readonly #setup: WorkspaceSetup;
  readonly #table: LaneTable;
  readonly #seenEvents = new Set<string>();
  /** The signals of a run without faults. */
  readonly #wanted: Committed[] = [];
  simulation: Simulation;

  constructor(index: number, setup: WorkspaceSetup, table: LaneTable, nowMs: number) {
    this.externalId = `conversation_${index}`;
    this.#setup = setup;
    this.#table = table;
    this.simulation = beginSimulation({ setup, channelId: 1, nowMs });
  }

  /** Submits an event of the app. A repeated event gets a response and changes nothing. */
  takeEvent(event: ChannelEvent, signalNumber: number, atMs: number): void {
    if (this.#seenEvents.has(event.eventId)) return;
    const isTaken = this.#commit({ kind: 'channel_event', event }, signalNumber, atMs, true);
    if (isTaken) this.#seenEvents.add(event.eventId);
  }

  /** Submits any other signal. Late and repeated ones must change only the count of signals. */
  takeSignal(signal: Signal, signalNumber: number, atMs: number): void {
    this.#commit(signal, signalNumber, atMs, this.#isWanted(signal, atMs));
  }

  #isWanted(signal: Signal, atMs: number): boolean {
    const { conversation, jobs } = this.simulation;
    switch (signal.kind) {
      case 'timer':
        return conversation !== null && conversation.wakeAt !== null && conversation.wakeAt <= atMs;
      case 'job_finished':
        return jobs.some(({ id }) => id === signal.jobId);
      default:
        return true;
    }
  }

  #commit(signal: Signal, signalNumber: number, atMs: number, isWanted: boolean): boolean {
    const result = applySignal({ ...this.simulation, nowMs: atMs }, signal, signalNumber);
    if (!result.ok) return false;
    const move: Move = result.value;
    ({ simulation: this.simulation } = move);
    this.#table.append(move.outcome.events, atMs);
    if (isWanted) this.#wanted.push({ signal, signalNumber, atMs });
    return true;
  }

  /** Runs the conversation without crashes, late timers and repeated results. */
  cleanRun(): Simulation {
    let simulation = beginSimulation({
      setup: this.#setup,
      channelId: 1,
      nowMs: this.#wanted[0]?.atMs ?? 0,
    });
    for (const { signal, signalNumber, atMs } of this.#wanted) {
      const result = applySignal({ ...simulation, nowMs: atMs }, signal, signalNumber);
      if (result.ok) ({ simulation } = result.value);
    }
    return simulation;
  }
}
