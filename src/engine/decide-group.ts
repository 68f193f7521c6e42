// Runs the signals of a group on the loaded rows, one after the other, and collects the difference to be written. In
// memory only: engine.ts loads before and persists after.

import { fail, ok } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import type { Signal } from '../core/conversation/signal.ts';
import type { Snapshot } from '../core/conversation/snapshot.ts';
import { transition } from '../core/conversation/transition.ts';
import type { EffectKey } from '../core/model/effect-key.ts';
import type { Contact, Conversation } from '../core/model/model.ts';
import type { GroupWrite } from '../store/engine/group-write.ts';
import type { Loaded, StoredEvent } from '../store/engine/load.ts';
import { type Committed, gatherCommitted } from './committed.ts';
import { runContactMember } from './decide-contact.ts';
import {
  change,
  contextOf,
  difference,
  type Entry,
  effectName,
  type GroupState,
  type GroupTools,
  openState,
  record,
} from './group-state.ts';
import type { ConversationMember, GroupPlan, Member } from './plan.ts';
import type { SignalResult, WaitingSignal } from './signal.ts';

export type GroupOutcome = {
  /** One result for each signal, in order. They are valid only once the write is committed. */
  readonly results: readonly SignalResult[];
  /** The rows to write; null: none. */
  readonly write: GroupWrite | null;
  /** Hints for other parts of the server, after the commit. */
  readonly committed: Committed;
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
  const write = difference(state, tools.setups);
  const inboxes = write?.inboxChanges.map(({ workspaceId }) => workspaceId) ?? [];
  return { results, write, committed: { ...gatherCommitted(state.outcomes), inboxes } };
}

const runMember = (member: Member, state: GroupState, tools: GroupTools): SignalResult =>
  member.signal.effectKey === undefined
    ? runSignal(member, state, tools)
    : runOnce(member, member.signal.effectKey, state, tools);

const runSignal = (member: Member, state: GroupState, tools: GroupTools): SignalResult =>
  'conversation' in member
    ? runConversationMember(member, state, tools)
    : runContactMember(member, state, tools);

/** Runs a signal, unless an earlier try of the same request has: then its result is the one of that time. */
function runOnce(
  member: Member,
  effectKey: EffectKey,
  state: GroupState,
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

function runConversationMember(
  member: ConversationMember,
  state: GroupState,
  tools: GroupTools,
): SignalResult {
  const { signal } = member;
  const stored = member.event === null ? undefined : state.storedEvents[member.event];
  if (stored !== undefined) return replay(stored, signal);

  const conversation = state.conversations[member.conversation]!;
  const contact = contactOf(member, state);
  const context = contextOf(signal, conversation, tools);
  if (context === null || contact === undefined) return fail(apiError('resourceNotFound'));

  const snapshot = snapshotOf(member, state, contact.row, conversation.row);
  const result = transition(snapshot, contentOf(signal), context);
  if (!result.ok) return result;

  const outcome = result.value;
  const { signalNumber } = context;
  const isContacts = member.contact !== null || member.contactById !== null;
  if (isContacts && opens(conversation.row, outcome.conversation)) state.present.add(contact);
  for (const slot of member.joining) state.present.add(state.contactsById.get(slot)!);
  change(contact, outcome.contact, signalNumber);
  change(conversation, outcome.conversation, signalNumber);
  conversation.isDeleted = outcome.isDeleted;
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

/** Whether a conversation is open now and was not before. */
const opens = (before: Conversation | null, after: Conversation): boolean =>
  (before === null || before.state === 'closed') && after.state !== 'closed';

/** Finds the contact of a signal: the one that it names, else that of the conversation. */
function contactOf(
  { contact, contactById, conversation }: ConversationMember,
  { contacts, contactsById, owners }: GroupState,
): Entry<Contact> | undefined {
  if (contact !== null) return contacts[contact]!;
  return contactById === null ? owners.get(conversation) : contactsById.get(contactById);
}

const contentOf = (signal: ConversationMember['signal']): Signal =>
  signal.kind === 'conversation' ? signal.signal : signal;

const none: readonly string[] = [];

function snapshotOf(
  { option, attribute, joining, conversation: slot }: ConversationMember,
  { loaded, contactsById }: GroupState,
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
    joining: joining.map((one) => contactsById.get(one)?.row ?? null),
    presentIds: loaded.owners.get(slot)?.presentIds ?? none,
  };
}

/** Returns the first result for a repeated event, and an error for other content (contract rows 1 and 2). */
function replay(stored: StoredEvent, signal: WaitingSignal): SignalResult {
  if (stored.contentHash !== signal.contentHash) return fail(apiError('eventReused', 'event_id'));
  const { conversationId, contactId } = stored;
  return ok({ conversationId, contactId, isReplay: true });
}
