// Runs the signals of a group on the loaded rows, one after the other, and collects the difference to be written. In
// memory only: engine.ts loads before and persists after.

import { fail, ok } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import { applyContactSignal } from '../core/contact/apply-contact-signal.ts';
import type { Signal } from '../core/conversation/signal.ts';
import { type Snapshot, transition } from '../core/conversation/transition.ts';
import type { TransitionContext, WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { AuditEntry } from '../core/model/audit.ts';
import type { EffectKey } from '../core/model/effect-key.ts';
import type { Contact, Conversation } from '../core/model/model.ts';
import type { GroupWrite, SignalOutcome, Write } from '../store/engine/group-write.ts';
import type {
  Loaded,
  LoadKeys,
  StoredEffect,
  StoredEvent,
  Versioned,
} from '../store/engine/load.ts';
import { type Committed, gatherCommitted } from './committed.ts';
import type { ContactMember, ConversationMember, GroupPlan, Member } from './plan.ts';
import type { SignalResult, WaitingSignal } from './signal.ts';

/** A row that the group touches: its current state, and the version that was read (0: it did not exist). */
type Entry<Row> = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly readVersion: number;
  readonly read: Row | null;
  row: Row | null;
  isChanged: boolean;
  /** The signal that created or last changed it. */
  signalNumber: number;
};

export type GroupOutcome = {
  /** One result for each signal, in order. They are valid only once the write is committed. */
  readonly results: readonly SignalResult[];
  /** The rows to write; null: none. */
  readonly write: GroupWrite | null;
  /** Hints for other parts of the server, after the commit. */
  readonly committed: Committed;
};

/** The dependencies of a group besides its rows. */
export type GroupTools = {
  readonly setups: ReadonlyMap<number, WorkspaceSetup>;
  /** Returns the next signal number. */
  readonly takeNumber: () => number;
  /** Called when a transition throws; its signal gets a server error and leaves no trace. */
  readonly onBug: (error: unknown, signal: WaitingSignal) => void;
};

/** Runs the transitions in order of arrival. */
export function runGroup(plan: GroupPlan, loaded: Loaded, tools: GroupTools): GroupOutcome {
  const state = openState(plan, loaded);
  const results = plan.members.map((member): SignalResult => {
    try {
      return runMember(member, state, tools);
    } catch (error) {
      tools.onBug(error, member.signal);
      return fail(apiError('serverError'));
    }
  });
  const { outcomes, audit, effects } = state;
  const isIdle = outcomes.length === 0 && audit.length === 0 && effects.length === 0;
  const write = isIdle ? null : difference(state);
  return { results, write, committed: gatherCommitted(state.outcomes) };
}

type State = {
  readonly loaded: Loaded;
  readonly storedEvents: (StoredEvent | undefined)[];
  readonly contacts: readonly Entry<Contact>[];
  /** The contacts of conversations, by the conversation's slot; only those that a signal needs. */
  readonly owners: ReadonlyMap<number, Entry<Contact>>;
  /** The contacts of signals about a contact alone. */
  readonly contactsById: ReadonlyMap<number, Entry<Contact>>;
  readonly conversations: readonly Entry<Conversation>[];
  readonly events: GroupWrite['events'][number][];
  readonly audit: GroupWrite['audit'][number][];
  /** The results of requests with an idempotency key, by effectName(). */
  readonly storedEffects: Map<string, StoredEffect>;
  readonly effects: GroupWrite['effects'][number][];
  readonly outcomes: SignalOutcome[];
};

function openState({ keys }: GroupPlan, loaded: Loaded): State {
  // Two external ids can lead to one contact (a merged lead): then both have the same entry.
  const byContact = new Map<string, Entry<Contact>>();
  const entryOf = (workspaceId: number, name: string, found?: Versioned<Contact>) => {
    const entry = byContact.get(name) ?? openEntry(workspaceId, 0, found);
    byContact.set(name, entry);
    return entry;
  };
  const contacts = keys.contacts.map(({ workspaceId }, slot) => {
    const found = loaded.contacts.get(slot);
    const name = found === undefined ? `new ${slot}` : `${workspaceId} ${found.row.id}`;
    return entryOf(workspaceId, name, found);
  });
  const owners = new Map<number, Entry<Contact>>();
  for (const { slot, workspaceId } of keys.owners) {
    const found = loaded.owners.get(slot);
    if (found === undefined) continue;
    owners.set(slot, entryOf(workspaceId, `${workspaceId} ${found.row.id}`, found));
  }
  const contactsById = new Map<number, Entry<Contact>>();
  for (const [slot, { workspaceId }] of keys.contactIds.entries()) {
    const found = loaded.contactsById.get(slot);
    if (found === undefined) continue;
    contactsById.set(slot, entryOf(workspaceId, `${workspaceId} ${found.row.id}`, found));
  }
  return {
    loaded,
    storedEvents: keys.events.map((_, slot) => loaded.events.get(slot)),
    contacts,
    owners,
    contactsById,
    conversations: keys.conversations.map(({ workspaceId, channelId }, slot) =>
      openEntry(workspaceId, channelId, loaded.conversations.get(slot)),
    ),
    events: [],
    audit: [],
    storedEffects: new Map(
      [...loaded.effects].map(([slot, stored]) => [effectName(keys.effects[slot]!), stored]),
    ),
    effects: [],
    outcomes: [],
  };
}

const openEntry = <Row>(
  workspaceId: number,
  channelId: number,
  found: Versioned<Row> | undefined,
): Entry<Row> => ({
  workspaceId,
  channelId,
  readVersion: found?.version ?? 0,
  read: found?.row ?? null,
  row: found?.row ?? null,
  isChanged: false,
  signalNumber: 0,
});

const runMember = (member: Member, state: State, tools: GroupTools): SignalResult =>
  member.signal.effectKey === undefined
    ? runSignal(member, state, tools)
    : runOnce(member, member.signal.effectKey, state, tools);

const runSignal = (member: Member, state: State, tools: GroupTools): SignalResult =>
  'contactById' in member
    ? runContactMember(member, state, tools)
    : runConversationMember(member, state, tools);

/** Runs a signal, unless an earlier try of the same request has: then its result is the one of that time. */
function runOnce(
  member: Member,
  effectKey: EffectKey,
  state: State,
  tools: GroupTools,
): SignalResult {
  const effect = { workspaceId: member.signal.workspaceId, ...effectKey };
  const done = state.storedEffects.get(effectName(effect));
  if (done !== undefined) return ok({ ...done, isReplay: true });
  const result = runSignal(member, state, tools);
  if (!result.ok) return result;
  const { conversationId, contactId } = result.value;
  state.storedEffects.set(effectName(effect), { conversationId, contactId });
  state.effects.push({ ...effect, conversationId, contactId });
  return result;
}

const effectName = ({ workspaceId, keyId, step }: LoadKeys['effects'][number]): string =>
  `${workspaceId} ${keyId} ${step}`;

function runContactMember(
  { signal, contactById }: ContactMember,
  state: State,
  { takeNumber }: GroupTools,
): SignalResult {
  const entry = state.contactsById.get(contactById);
  if (entry?.row == null) return fail(apiError('contactNotFound'));
  const result = applyContactSignal(entry.row, signal.signal, signal.acceptedAt);
  if (!result.ok) return result;
  const { contact, audit } = result.value;
  change(entry, contact, takeNumber());
  record(state, signal, audit);
  return ok({ conversationId: 0, contactId: contact.id, isReplay: false });
}

/** Adds the changes of a signal to the audit log. */
function record(
  state: State,
  { workspaceId, acceptedAt: at }: WaitingSignal,
  audit: readonly AuditEntry[],
): void {
  for (const entry of audit) state.audit.push({ ...entry, workspaceId, at });
}

function runConversationMember(
  member: ConversationMember,
  state: State,
  tools: GroupTools,
): SignalResult {
  const { signal } = member;
  const stored = member.event === null ? undefined : state.storedEvents[member.event];
  if (stored !== undefined) return replay(stored, signal);

  const conversation = state.conversations[member.conversation]!;
  const contact =
    member.contact === null
      ? state.owners.get(member.conversation)
      : state.contacts[member.contact]!;
  const context = contextOf(signal, conversation, tools);
  if (context === null || contact === undefined) return fail(apiError('resourceNotFound'));

  const snapshot = snapshotOf(member, state, contact.row, conversation.row);
  const result = transition(snapshot, contentOf(signal), context);
  if (!result.ok) return result;

  const outcome = result.value;
  const { signalNumber } = context;
  change(contact, outcome.contact, signalNumber);
  change(conversation, outcome.conversation, signalNumber);
  const { workspaceId, channelId } = conversation;
  const receivedAt = signal.acceptedAt;
  state.outcomes.push({ workspaceId, channelId, signalNumber, receivedAt, outcome });
  record(state, signal, outcome.audit);
  const conversationId = outcome.conversation.id;
  const contactId = outcome.contact.id;
  if (signal.kind === 'channel_event') {
    const { contentHash } = signal;
    const { eventId } = signal.event;
    const ids = { contentHash, conversationId, contactId };
    state.storedEvents[member.event!] = ids;
    state.events.push({ workspaceId, eventId, ...ids, signalNumber, receivedAt });
  }
  return ok({ conversationId, contactId, isReplay: false });
}

const contentOf = (signal: ConversationMember['signal']): Signal =>
  signal.kind === 'conversation' ? signal.signal : { kind: 'channel_event', event: signal.event };

/** Creates the context of a transition; null if the channel no longer exists. */
function contextOf(
  signal: WaitingSignal,
  { workspaceId, channelId }: Entry<Conversation>,
  { setups, takeNumber }: GroupTools,
): TransitionContext | null {
  const setup = setups.get(workspaceId)!;
  const known = setup.channels.get(channelId);
  // The channel of the access token may be newer than the setup.
  const channel = signal.kind === 'channel_event' ? signal.channel : known;
  if (channel === undefined) return null;
  return {
    channel,
    eventFormat: known?.eventFormat ?? 'parley',
    setup,
    signalNumber: takeNumber(),
    nowMs: signal.acceptedAt,
  };
}

function snapshotOf(
  { option, attribute }: ConversationMember,
  { loaded }: State,
  contact: Contact | null,
  conversation: Conversation | null,
): Snapshot {
  const found = attribute === null ? undefined : loaded.attributes.get(attribute);
  return {
    contact,
    conversation,
    offeredOption: option === null ? null : (loaded.options.get(option) ?? null),
    isAttributeRequested: found?.isRequested ?? false,
    dataAttributes: found?.definitions ?? [],
  };
}

/** Returns the first result for a repeated event, and an error for other content (contract rows 1 and 2). */
function replay(stored: StoredEvent, signal: WaitingSignal): SignalResult {
  if (stored.contentHash !== signal.contentHash) return fail(apiError('eventReused', 'event_id'));
  const { conversationId, contactId } = stored;
  return ok({ conversationId, contactId, isReplay: true });
}

function change<Row>(entry: Entry<Row>, row: Row, signalNumber: number): void {
  if (entry.row === row) return;
  entry.row = row;
  entry.isChanged = true;
  entry.signalNumber = signalNumber;
}

function difference(state: State): GroupWrite {
  const { contacts, owners, contactsById, conversations } = state;
  const { events, audit, effects, outcomes } = state;
  const touched = [...contacts, ...owners.values(), ...contactsById.values()];
  const people = new Set(touched.filter(({ isChanged }) => isChanged));
  return {
    events,
    contacts: [...people].map(toWrite),
    conversations: conversations
      .filter(({ isChanged }) => isChanged)
      .map((entry) => ({ ...toWrite(entry), channelId: entry.channelId })),
    audit,
    effects,
    outcomes,
  };
}

const toWrite = <Row extends Contact | Conversation>(entry: Entry<Row>): Write<Row> => ({
  ...entry.row!,
  workspaceId: entry.workspaceId,
  readVersion: entry.readVersion,
  hasSameAttributes: entry.row!.customAttributes === entry.read?.customAttributes,
  signalNumber: entry.signalNumber,
});
