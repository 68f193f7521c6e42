// Replays a conversation in the versions it ran in, and compares the result with the record: the state, the parts, the
// events and the trace of every signal.

import type { Result } from '../base/result.ts';
import { type History, type Recorded, recordedSignals } from '../core/conversation/history.ts';
import type { Outcome } from '../core/conversation/transition.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { Contact, Json } from '../core/model/model.ts';
import type { WorkflowVersion } from '../core/workflow/definition.ts';
import type { TraceEntry } from '../core/workflow/run/run.ts';
import { applySignal, beginSimulation, type Move, type Simulation } from './simulation.ts';

/** A recorded signal with its outcome in the replay; null: it was rejected this time. */
export type ReplayedSignal = Recorded & { readonly before: Simulation; readonly move: Move | null };

export type Difference = {
  /** The location of a difference: `the trace of signal 3`, `event 7`. */
  readonly place: string;
  readonly onRecord: Json;
  readonly replayed: Json;
};

export type Verification = {
  readonly signals: readonly ReplayedSignal[];
  readonly differences: readonly Difference[];
  readonly simulation: Simulation;
};

/**
 * Replays the record.
 * @param setup the current workspace; its workflows are not used.
 * @param versions every version that the conversation may have run in.
 */
export function verifyHistory(
  history: History,
  setup: WorkspaceSetup,
  versions: readonly WorkflowVersion[],
): Verification {
  const signals: ReplayedSignal[] = [];
  const differences: Difference[] = [];
  const differ = (place: string, onRecord: unknown, replayed: unknown) => {
    if (stable(onRecord) === stable(replayed)) return;
    differences.push({ place, onRecord: onRecord as Json, replayed: replayed as Json });
  };
  const context = setupOf(setup, history.channelId, versions);
  let simulation = beginReplay(history, context);
  for (const [index, one] of recordedSignals(history).entries()) {
    const workflows = startedIn(one.trace, versions);
    const before: Simulation = { ...simulation, nowMs: one.atMs, setup: { ...context, workflows } };
    const result: Result<Move, unknown> = applySignal(before, one.signal, one.signalNumber);
    const move = result.ok ? result.value : null;
    signals.push({ ...one, before, move });
    differ(`the trace of signal ${index + 1}`, one.trace, move?.outcome.trace ?? null);
    if (move !== null) ({ simulation } = move);
  }
  compareState(history, simulation, differ);
  compareParts(history, simulation, differ);
  compareEvents(history, simulation, differ);
  return { signals, differences, simulation };
}

/** Creates the simulation of the moment before a conversation began, as far as it is known. */
export function beginReplay(
  { channelId, contact, isContactNew, conversation }: History,
  setup: WorkspaceSetup,
): Simulation {
  const known: Contact = { ...contact, archivedAt: null, blockedAt: null };
  return beginSimulation({
    setup,
    channelId,
    nowMs: conversation.createdAt,
    contacts: isContactNew ? [] : [known],
  });
}

/** Returns the workspace of a replay, in which nothing that was disabled since counts as disabled. */
export function setupOf(
  setup: WorkspaceSetup,
  channelId: number,
  versions: readonly WorkflowVersion[],
): WorkspaceSetup {
  const channel = setup.channels.get(channelId);
  const byKey = new Map(
    versions.map((one) => [`${one.workflowId} ${one.version}`, one.definition]),
  );
  const open = {
    isEnabled: true,
    autoCreateConversation: true,
    requireUserIdentity: false,
    unknownAttribute: 'record',
  } as const;
  const channels = new Map(setup.channels);
  if (channel !== undefined) channels.set(channelId, { ...channel, ...open });
  return {
    ...setup,
    channels,
    definitionOf: (workflowId, version) => byKey.get(`${workflowId} ${version}`),
  };
}

/**
 * Lists the workflows that a signal started, in order. The others are not recorded, and do not matter: they did not
 * start.
 */
function startedIn(
  trace: readonly TraceEntry[],
  versions: readonly WorkflowVersion[],
): readonly WorkflowVersion[] {
  const started = trace.flatMap(({ step, what, workflow, version }) => {
    if (step !== null || !what.startsWith('Started by ')) return [];
    return versions.filter((one) => one.definition.name === workflow && one.version === version);
  });
  return [...new Set(started)];
}

type Differ = (place: string, onRecord: unknown, replayed: unknown) => void;

const comparedFields = [
  'state',
  'customAttributes',
  'run',
  'adminAssigneeId',
  'teamAssigneeId',
  'heldByAdminId',
  'tagIds',
  'waitingSince',
  'snoozedUntil',
  'wakeAt',
  'countReopens',
  'partCount',
  'eventCount',
  'signalCount',
] as const;

function compareState({ conversation }: History, simulation: Simulation, differ: Differ): void {
  for (const field of comparedFields) {
    differ(
      `the conversation's ${field}`,
      conversation[field],
      simulation.conversation?.[field] ?? null,
    );
  }
}

function compareParts({ parts }: History, simulation: Simulation, differ: Differ): void {
  const count = Math.max(parts.length, simulation.parts.length);
  for (let index = 0; index < count; index += 1) {
    const [stored, replayed] = [parts[index], simulation.parts[index]];
    const isRedacted = stored?.isRedacted ?? false;
    const place = `part ${index + 1}`;
    differ(place, partFacts(stored, isRedacted), partFacts(replayed, isRedacted));
  }
}

/** Returns the fields of a part to compare, without ids of people, which a merge of contacts can change. */
const partFacts = (part: Outcome['parts'][number] | undefined, isRedacted: boolean) =>
  part === undefined
    ? null
    : {
        id: part.id,
        partType: part.partType,
        body: isRedacted ? null : part.body,
        author: part.author.type,
        metadata: part.metadata,
        eventDetails: part.eventDetails,
        assignedTo: part.assignedTo,
        state: part.state,
        createdAt: part.createdAt,
      };

function compareEvents({ events }: History, simulation: Simulation, differ: Differ): void {
  const replayedOf = new Map(simulation.log.map((event) => [event.sequence, event]));
  for (const { sequence, name, body } of events) {
    const replayed = replayedOf.get(sequence);
    const wanted = { name, body: eventFacts(body) };
    const found = replayed && { name: replayed.name, body: eventFacts(replayed.body) };
    differ(`event ${sequence}`, wanted, found ?? null);
  }
}

/** Returns an event without the names of people, which can change, and without the contact's fields. */
function eventFacts(body: string): Json {
  const event = JSON.parse(body) as { readonly [key: string]: Json };
  // Notifications contain all of the contact and the conversation as they were then.
  if (event['type'] === 'notification_event') return event['topic'] ?? null;
  const { contact: _contact, ...rest } = event;
  return withoutNames(rest);
}

function withoutNames(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'name');
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNames(inner)]));
}

/** Writes JSON with sorted keys: the database does not keep their order. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
