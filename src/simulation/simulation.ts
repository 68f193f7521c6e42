// Simulates a conversation in memory: the engine's transitions, with a clock that the caller moves. Holds one
// conversation and the rows that the database would store; pure, so that a simulation can be saved and continued.

import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import type { EphemeralEntry, LogEntry } from '../core/conversation/change.ts';
import type { OfferedOption } from '../core/conversation/contact-reply.ts';
import { membersOf } from '../core/conversation/members.ts';
import { promptPositionOf } from '../core/conversation/option-id.ts';
import type { Job, JobOutcome, Signal } from '../core/conversation/signal.ts';
import type { Snapshot } from '../core/conversation/snapshot.ts';
import { type Outcome, type SignalRecord, transition } from '../core/conversation/transition.ts';
import type { TransitionContext, WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { Contact, Conversation, Json, Part } from '../core/model/model.ts';

/** The state of a simulation at one moment. */
export type Simulation = {
  readonly setup: WorkspaceSetup;
  readonly channelId: number;
  readonly nowMs: number;
  /** The number of the last signal. */
  readonly signalNumber: number;
  readonly contacts: readonly Contact[];
  readonly conversation: Conversation | null;
  readonly parts: readonly Part[];
  readonly log: readonly LogEntry[];
  readonly ephemeral: readonly EphemeralEntry[];
  readonly records: readonly SignalRecord[];
  /** Texts of the options whose ids a caller chose. */
  readonly options: ReadonlyMap<string, string>;
  readonly requestedAttributes: ReadonlySet<string>;
  /** Webhook calls that are pending. */
  readonly jobs: readonly Job[];
};

/** A signal with its outcome. */
export type Move = {
  readonly signal: Signal;
  readonly signalNumber: number;
  readonly atMs: number;
  readonly outcome: Outcome;
  /** The state afterwards. */
  readonly simulation: Simulation;
};

/** Begins a simulation. */
export function beginSimulation(start: {
  readonly setup: WorkspaceSetup;
  readonly channelId: number;
  readonly nowMs: number;
  /** The number of the signal before the first. */
  readonly signalNumber?: number;
  /** The contacts that exist already. */
  readonly contacts?: readonly Contact[];
}): Simulation {
  return {
    signalNumber: 0,
    contacts: [],
    conversation: null,
    parts: [],
    log: [],
    ephemeral: [],
    records: [],
    options: new Map(),
    requestedAttributes: new Set(),
    jobs: [],
    ...start,
  };
}

/** Applies a signal now. A rejected one changes nothing, but uses up its number. */
export function applySignal(
  simulation: Simulation,
  signal: Signal,
  signalNumber: number = simulation.signalNumber + 1,
): Result<Move, ContractError> {
  const context = contextOf(simulation, signalNumber);
  const result = transition(snapshotOf(simulation, signal), signal, context);
  if (!result.ok) return result;
  const outcome = result.value;
  const { nowMs: atMs } = simulation;
  return ok({
    signal,
    signalNumber,
    atMs,
    outcome,
    simulation: remember(simulation, signalNumber, outcome),
  });
}

/** The most timers that fire in one call: a workflow can wait in an endless loop. */
export const TIMERS_MAX = 10_000;

export type Advanced = {
  readonly simulation: Simulation;
  /** The moves of the timers. */
  readonly moves: readonly Omit<Move, 'simulation'>[];
  /** Whether more timers were due than may fire: then time stops at the last one that fired. */
  readonly isCut: boolean;
};

/**
 * Advances the clock. Timers that become due fire at their time, in order. Time never goes back.
 * @throws Error if a timer is still due after it fired: it would fire for ever.
 */
export function advanceTo(start: Simulation, toMs: number): Advanced {
  const moves: Omit<Move, 'simulation'>[] = [];
  let simulation = start;
  for (;;) {
    const dueAt = simulation.conversation?.wakeAt ?? null;
    if (dueAt === null || dueAt > toMs) {
      return {
        simulation: { ...simulation, nowMs: Math.max(simulation.nowMs, toMs) },
        moves,
        isCut: false,
      };
    }
    if (moves.length >= TIMERS_MAX) return { simulation, moves, isCut: true };
    const { simulation: after, ...move } = fireTimer({
      ...simulation,
      nowMs: Math.max(simulation.nowMs, dueAt),
    });
    const wakeAt = after.conversation?.wakeAt ?? null;
    if (wakeAt !== null && wakeAt <= move.atMs) throw new Error('a timer left itself due');
    moves.push(move);
    simulation = after;
  }
}

/** Fires the conversation's timer now. */
export function fireTimer(simulation: Simulation, signalNumber?: number): Move {
  const conversationId = simulation.conversation?.id ?? 0;
  const result = applySignal(simulation, { kind: 'timer', conversationId }, signalNumber);
  if (!result.ok) throw new Error('a timer was rejected');
  return result.value;
}

/** Finishes the oldest call in flight; null if there is none. */
export function finishJob(
  simulation: Simulation,
  outcome: JobOutcome,
  signalNumber?: number,
): Move | null {
  const [job] = simulation.jobs;
  if (job === undefined) return null;
  const { conversationId, id: jobId } = job;
  const signal = { kind: 'job_finished', conversationId, jobId, outcome } as const;
  const result = applySignal(simulation, signal, signalNumber);
  if (!result.ok) throw new Error('the result of a job was rejected');
  return result.value;
}

/** Returns the contact of the conversation. */
export const contactOf = ({ contacts, conversation }: Simulation): Contact | null =>
  contacts.find(({ id }) => id === conversation?.contactId) ?? null;

function contextOf(
  { setup, channelId, nowMs }: Simulation,
  signalNumber: number,
): TransitionContext {
  const channel = setup.channels.get(channelId);
  if (channel === undefined) throw new Error(`a play without its channel ${channelId}`);
  return { channel, eventFormat: channel.eventFormat, setup, signalNumber, nowMs };
}

/** Returns the contacts who join. Of those that a replay does not know it needs no more than the id. */
const joiningOf = ({ contacts }: Simulation, ids: readonly string[]): readonly Contact[] =>
  ids.map((id) => contacts.find((one) => one.id === id) ?? { ...contacts[0]!, id });

function snapshotOf(simulation: Simulation, signal: Signal): Snapshot {
  const { conversation } = simulation;
  const nothing = {
    offeredOption: null,
    isAttributeRequested: false,
    dataAttributes: [],
    joining: [],
    presentIds: conversation === null ? [] : membersOf(conversation),
  };
  if (signal.kind === 'begin') {
    const contact = simulation.contacts.find(({ id }) => id === signal.contactId) ?? null;
    return {
      contact,
      conversation,
      ...nothing,
      joining: joiningOf(simulation, signal.otherContactIds),
    };
  }
  if (signal.kind !== 'channel_event') {
    const chosen = signal.kind === 'contact_reply' && 'optionId' in signal.said;
    const offeredOption = chosen ? findOption(simulation, signal.said.optionId) : null;
    const joining = signal.kind === 'participants' ? joiningOf(simulation, [signal.contactId]) : [];
    return { contact: contactOf(simulation), conversation, ...nothing, offeredOption, joining };
  }
  const { event } = signal;
  const contact =
    simulation.contacts.find(({ externalId }) => externalId === event.contact.externalId) ?? null;
  const isTheirs = conversation?.externalId === event.externalConversationId;
  const known = { contact, conversation: isTheirs ? conversation : null };
  switch (event.kind) {
    case 'quick_reply_selected':
      return { ...known, ...nothing, offeredOption: findOption(simulation, event.optionId) };
    case 'attribute_collected':
      return {
        ...known,
        ...nothing,
        isAttributeRequested: simulation.requestedAttributes.has(event.attributeId),
        dataAttributes: simulation.setup.dataAttributes.filter(
          ({ name }) => name === event.attributeId,
        ),
      };
    default:
      return { ...known, ...nothing };
  }
}

/** An option of a prompt: its id on the wire, and its text. */
export type PromptOption = { readonly id: string; readonly text: string };

/** Returns the options of a part; empty if it offers none. */
export function optionsOf({ partType, metadata }: Part): readonly PromptOption[] {
  const offered = metadata?.['quick_reply_options'];
  if (partType !== 'quick_reply' || !Array.isArray(offered)) return [];
  return offered.map((one: Json) => {
    const { uuid, text } = one as { readonly uuid: string; readonly text: string };
    return { id: uuid, text };
  });
}

/** Finds an option that was ever offered: first among those with ids of a caller, as the engine does. */
function findOption({ options, parts }: Simulation, optionId: string): OfferedOption | null {
  const own = options.get(optionId);
  if (own !== undefined) return { text: own, promptPosition: null };
  const promptPosition = promptPositionOf(optionId);
  const prompt = parts.find(
    ({ position, author }) => position === promptPosition && author.type === 'bot',
  );
  const option = prompt && optionsOf(prompt).find(({ id }) => id === optionId);
  return option === undefined ? null : { text: option.text, promptPosition };
}

function remember(simulation: Simulation, signalNumber: number, outcome: Outcome): Simulation {
  const { contact, record, finishedJobIds } = outcome;
  const isKnown = simulation.contacts.some(({ id }) => id === contact.id);
  const jobs = [...simulation.jobs, ...outcome.jobs];
  return {
    ...simulation,
    signalNumber: Math.max(simulation.signalNumber, signalNumber),
    contacts: isKnown
      ? simulation.contacts.map((one) => (one.id === contact.id ? contact : one))
      : [...simulation.contacts, contact],
    conversation: outcome.conversation,
    parts: [...simulation.parts, ...outcome.parts],
    log: [...simulation.log, ...outcome.events],
    ephemeral: [...simulation.ephemeral, ...outcome.ephemeral],
    records: record === null ? simulation.records : [...simulation.records, record],
    options: new Map([
      ...simulation.options,
      ...outcome.offeredOptions.map(({ optionId, text }) => [optionId, text] as const),
    ]),
    requestedAttributes: new Set([
      ...simulation.requestedAttributes,
      ...outcome.requestedAttributes,
    ]),
    jobs: jobs.filter(({ id }) => !finishedJobIds.includes(id)),
  };
}
