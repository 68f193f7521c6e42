// Replays a recorded conversation against draft workflows and compares their effects with the recorded ones. The
// contact, the teammates and the responses of calls are the recorded ones; the draft's timers fire when they are due.

import { assertNever } from '../base/result.ts';
import type { History, Recorded } from '../core/conversation/history.ts';
import type { Signal } from '../core/conversation/signal.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import { type ObservedEffect, observedEffectsOf, showObservedEffect } from './observed-effects.ts';
import {
  applySignal,
  fireTimer,
  type Move,
  optionsOf,
  type PromptOption,
  type Simulation,
  TIMERS_MAX,
} from './simulation.ts';
import { beginReplay, type ReplayedSignal } from './verify-replay.ts';

/** A signal of the conversation, with the recorded effects and those of the draft. */
export type ComparedSignal = {
  readonly atMs: number;
  readonly what: string;
  readonly done: readonly string[];
  readonly draft: readonly string[];
  /** The reason why the draft changed this signal or made it impossible. */
  readonly remark: string | null;
  readonly isSame: boolean;
};

export type Comparison = {
  readonly signals: readonly ComparedSignal[];
  /** The index of the first signal in which they differ; null: none. */
  readonly partAt: number | null;
  readonly draftEnd: Simulation;
};

/**
 * Compares the record with a draft.
 * @param replayed the recorded signals, as verify-replay.ts replayed them.
 * @param setup the workspace with the draft among its workflows.
 */
export function compareWithDraft(
  history: History,
  replayed: readonly ReplayedSignal[],
  setup: WorkspaceSetup,
): Comparison {
  const rehearsal = new Rehearsal(beginReplay(history, setup), replayed);
  const signals = rehearsal.run();
  const partAt = signals.findIndex(({ isSame }) => !isSame);
  return { signals, partAt: partAt < 0 ? null : partAt, draftEnd: rehearsal.simulation };
}

type SentEffect = { readonly move: Move | null; readonly remark: string | null };

class Rehearsal {
  simulation: Simulation;
  readonly #replayed: readonly ReplayedSignal[];
  /** The times at which the recorded timers fired, by their due times: they may have been late. */
  readonly #timersFiredAt: ReadonlyMap<number | null, number>;
  readonly #compared: ComparedSignal[] = [];
  #number: number;
  #timersLeft = TIMERS_MAX;

  constructor(start: Simulation, replayed: readonly ReplayedSignal[]) {
    this.simulation = start;
    this.#replayed = replayed;
    const timers = replayed.filter(({ signal }) => signal.kind === 'timer');
    this.#timersFiredAt = new Map(
      timers.map(({ before, atMs }) => [before.conversation?.wakeAt ?? null, atMs]),
    );
    // Above all recorded numbers: timers of the draft need numbers of their own.
    this.#number = Math.max(0, ...replayed.map(({ signalNumber }) => signalNumber));
  }

  run(): readonly ComparedSignal[] {
    for (const recorded of this.#replayed) {
      this.#fireUntil(recorded.atMs);
      this.simulation = { ...this.simulation, nowMs: recorded.atMs };
      const { move, remark } = this.#apply(recorded);
      if (move !== null) ({ simulation: this.simulation } = move);
      const { setup } = recorded.before;
      this.#note({
        atMs: recorded.atMs,
        what: describeSignal(recorded, setup),
        done: linesOf(recorded.move, setup),
        draft: linesOf(move, this.simulation.setup),
        remark,
      });
    }
    return this.#compared;
  }

  /** Fires the draft's timers that have no recorded counterpart. */
  #fireUntil(untilMs: number): void {
    for (;;) {
      const dueAt = this.simulation.conversation?.wakeAt ?? null;
      if (dueAt === null || dueAt > untilMs || this.#timersLeft === 0) return;
      const firedAt = this.#timersFiredAt.get(dueAt);
      if (firedAt !== undefined && firedAt >= this.simulation.nowMs) return;
      this.#number += 1;
      this.#timersLeft -= 1;
      const atMs = Math.max(dueAt, this.simulation.nowMs);
      const move = fireTimer({ ...this.simulation, nowMs: atMs }, this.#number);
      this.simulation = move.simulation;
      const draft = linesOf(move, this.simulation.setup);
      const remark = 'only the draft waits until then';
      this.#note({ atMs, what: 'time passes', done: [], draft, remark });
    }
  }

  #apply(recorded: ReplayedSignal): SentEffect {
    const { signal, signalNumber } = recorded;
    switch (signal.kind) {
      case 'timer': {
        const dueAt = this.simulation.conversation?.wakeAt ?? null;
        if (dueAt === null || dueAt > this.simulation.nowMs)
          return nothing('the draft waits for no time');
        return { move: fireTimer(this.simulation, signalNumber), remark: null };
      }
      case 'job_finished': {
        const [job] = this.simulation.jobs;
        if (job === undefined) return nothing('the draft made no call');
        return this.#accept({ ...signal, jobId: job.id }, signalNumber, null);
      }
      case 'clock_corrected':
        return nothing('the clock was wrong: this says nothing about a draft');
      case 'move_run':
        return nothing('an operator moved the run: this says nothing about a draft');
      case 'channel_event':
        if (signal.event.kind === 'quick_reply_selected') return this.#click(recorded);
        return this.#accept(signal, signalNumber, null);
      default:
        return this.#accept(signal, signalNumber, null);
    }
  }

  #click({ signal, signalNumber, before }: ReplayedSignal): SentEffect {
    if (signal.kind !== 'channel_event' || signal.event.kind !== 'quick_reply_selected') {
      return nothing(null);
    }
    const { optionId } = signal.event;
    // Buttons of teammates exist with the same ids.
    if (this.simulation.options.has(optionId)) return this.#accept(signal, signalNumber, null);
    const clicked = findClicked(before, optionId);
    const found = clicked && findCounterpart(this.simulation, clicked);
    if (!clicked || !found) {
      return nothing(
        `the draft offers no button ${clicked ? `[${clicked.option.text}]` : optionId}`,
      );
    }
    const isOther = found.text !== clicked.option.text;
    const remark = isOther ? `taken for the button [${found.text}] of the draft` : null;
    const event = { ...signal.event, optionId: found.id };
    return this.#accept({ kind: 'channel_event', event }, signalNumber, remark);
  }

  #accept(signal: Signal, signalNumber: number, remark: string | null): SentEffect {
    const result = applySignal(this.simulation, signal, signalNumber);
    if (result.ok) return { move: result.value, remark };
    const [error] = result.error.errors;
    return nothing(`rejected: ${error?.message ?? 'no reason'}`);
  }

  #note(signal: Omit<ComparedSignal, 'isSame'>): void {
    const isSame = JSON.stringify(signal.done) === JSON.stringify(signal.draft);
    this.#compared.push({ ...signal, isSame });
  }
}

const nothing = (remark: string | null): SentEffect => ({ move: null, remark });

type Clicked = { readonly option: PromptOption; readonly promptsAgo: number };

const promptsOf = ({ parts }: Simulation): readonly (readonly PromptOption[])[] =>
  parts
    .filter(({ partType, author }) => partType === 'quick_reply' && author.type === 'bot')
    .map(optionsOf)
    .toReversed();

/** Finds the button of a recorded click, and how many questions came after its own. */
function findClicked(simulation: Simulation, optionId: string): Clicked | null {
  const prompts = promptsOf(simulation);
  const promptsAgo = prompts.findIndex((options) => options.some(({ id }) => id === optionId));
  const option = prompts[promptsAgo]?.find(({ id }) => id === optionId);
  return option === undefined ? null : { option, promptsAgo };
}

/**
 * Finds the draft's counterpart of a recorded button: in the question of the same age, else in the newest that has it.
 */
function findCounterpart(
  simulation: Simulation,
  { option, promptsAgo }: Clicked,
): PromptOption | undefined {
  const prompts = promptsOf(simulation);
  const sameAge = prompts[promptsAgo];
  const inOrder = sameAge === undefined ? prompts : [sameAge, ...prompts];
  const bareId = withoutPlace(option.id);
  for (const options of inOrder) {
    const found =
      options.find(({ id, text }) => withoutPlace(id) === bareId && text === option.text) ??
      options.find(({ text }) => text === option.text) ??
      options.find(({ id }) => withoutPlace(id) === bareId);
    if (found !== undefined) return found;
  }
  return undefined;
}

const withoutPlace = (id: string): string => id.replace(/-\d+$/, '');

/** Lists the effects of a signal, one per line, without the actions of people. */
function linesOf(move: Move | null, setup: WorkspaceSetup): readonly string[] {
  if (move === null) return [];
  const isOfAdmin = (one: ObservedEffect) => 'by' in one && one.by.type === 'admin';
  return observedEffectsOf(move.outcome, setup)
    .filter((one) => !isOfAdmin(one))
    .map(showObservedEffect);
}

/** Describes a recorded signal. */
function describeSignal({ signal, before }: ReplayedSignal, setup: WorkspaceSetup): string {
  switch (signal.kind) {
    case 'channel_event': {
      const { event } = signal;
      if (event.kind === 'new_conversation') return 'the contact starts the conversation';
      if (event.kind === 'new_message') return `the contact says: ${event.body}`;
      if (event.kind === 'attribute_collected') {
        return `the contact gives ${event.attributeId}: ${event.value}`;
      }
      return `the contact clicks [${describeOption(before, event.optionId)}]`;
    }
    case 'teammate': {
      const name = setup.admins.get(signal.adminId)?.name ?? `admin ${signal.adminId}`;
      return `${name}: ${describeAction(signal.action)}`;
    }
    case 'contact_reply':
      return 'body' in signal.said
        ? `the contact says: ${signal.said.body}`
        : `the contact chooses [${describeOption(before, signal.said.optionId)}]`;
    case 'begin':
      return `${signal.adminId === null ? 'the contact' : 'a teammate'} begins: ${signal.body}`;
    case 'update':
      return 'a program updates the conversation';
    case 'participants':
      return signal.change === 'attach' ? 'a contact is attached' : 'a contact is detached';
    case 'redact':
      return 'a message is redacted';
    case 'delete':
      return 'the conversation is deleted';
    case 'timer':
      return 'time passes';
    case 'clock_corrected':
      return 'the clock is set right';
    case 'contact_merged':
      return 'the lead is merged into a user';
    case 'give_back':
      return 'a teammate who is away gives the conversation back';
    case 'contact_gone':
      return 'the contact is blocked or deleted';
    case 'job_finished':
      return signal.outcome.ok
        ? `the call gets the response ${signal.outcome.status}`
        : `the call fails: ${signal.outcome.reason}`;
    case 'move_run':
      return `an operator moves the run to version ${signal.version}`;
    default:
      return assertNever(signal);
  }
}

const describeOption = (before: Simulation, id: string): string =>
  before.options.get(id) ?? findClicked(before, id)?.option.text ?? id;

function describeAction(
  action: Extract<Recorded['signal'], { kind: 'teammate' }>['action'],
): string {
  switch (action.do) {
    case 'comment':
      return action.body;
    case 'note':
      return `notes: ${action.body}`;
    case 'quick_reply':
      return `offers ${action.options.map(({ text }) => `[${text}]`).join(' ')}`;
    case 'close':
      return 'closes';
    case 'snooze':
      return 'snoozes';
    case 'open':
      return 'opens';
    case 'tag':
      return 'tags';
    case 'assign':
      return 'assigns';
    case 'take_over':
      return 'takes it over';
    case 'prioritize':
      return action.isPriority ? 'makes it a priority' : 'makes it no priority';
    default:
      return assertNever(action);
  }
}
