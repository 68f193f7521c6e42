// A group in the making: which rows its signals touch, what those signals make of them one after the other, and the
// difference to be written. In memory only: engine.ts reads before and writes after.

import { fail, ok } from '../base/result.ts';
import { refuse } from '../contract/errors.ts';
import type { Contact, Conversation } from '../core/model.ts';
import { transition } from '../core/transition.ts';
import type {
  Loaded,
  LoadedAttribute,
  LoadKeys,
  StoredEvent,
  Versioned,
} from '../store/engine-load.ts';
import type { GroupWrite, Write } from '../store/engine-persist.ts';
import type { SignalResult, WaitingSignal } from './signal.ts';
import { SlotList } from './slot-list.ts';

/** A row that the group touches: as it is by now, and the version it was read at (0: it did not exist). */
type Entry<Row> = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly readVersion: number;
  row: Row | null;
  isChanged: boolean;
  /** The signal that created or last changed it. */
  signalNumber: number;
};

/** A signal with the places of its keys in what will be loaded. */
type Member = {
  readonly signal: WaitingSignal;
  readonly event: number;
  readonly contact: number;
  readonly conversation: number;
  readonly option: number | null;
  readonly attribute: number | null;
};

export type GroupPlan = { readonly members: readonly Member[]; readonly keys: LoadKeys };

/** Lists what has to be loaded, everything once. */
export function planGroup(signals: readonly WaitingSignal[]): GroupPlan {
  const events = new SlotList<LoadKeys['events'][number]>();
  const contacts = new SlotList<LoadKeys['contacts'][number]>();
  const conversations = new SlotList<LoadKeys['conversations'][number]>();
  const options: LoadKeys['options'][number][] = [];
  const attributes: LoadKeys['attributes'][number][] = [];

  const members = signals.map((signal): Member => {
    const { channel, event, keys } = signal;
    const { workspaceId } = channel;
    const conversation = {
      workspaceId,
      channelId: channel.id,
      externalId: event.externalConversationId,
    };
    const isQuickReply = event.kind === 'quick_reply_selected';
    const isAttribute = event.kind === 'attribute_collected';
    return {
      signal,
      event: events.slotOf(keys.event, () => ({ workspaceId, eventId: event.eventId })),
      contact: contacts.slotOf(keys.contact, () => ({
        workspaceId,
        externalId: event.contact.externalId,
      })),
      conversation: conversations.slotOf(keys.conversation, () => conversation),
      option: isQuickReply ? options.push({ ...conversation, optionId: event.optionId }) - 1 : null,
      attribute: isAttribute
        ? attributes.push({ ...conversation, attributeId: event.attributeId }) - 1
        : null,
    };
  });
  const keys = {
    events: events.values,
    contacts: contacts.values,
    conversations: conversations.values,
    options,
    attributes,
  };
  return { members, keys };
}

export type GroupOutcome = {
  /** One result for each signal, in order. They hold only once the write is committed. */
  readonly results: readonly SignalResult[];
  /** Null when there is nothing to write. */
  readonly write: GroupWrite | null;
};

/**
 * Runs the transitions in order of arrival.
 * @param takeNumber gives the next signal number.
 * @param onBug told of a transition that threw; its signal is answered with a server error and leaves no trace.
 */
export function runGroup(
  plan: GroupPlan,
  loaded: Loaded,
  takeNumber: () => number,
  onBug: (error: unknown, signal: WaitingSignal) => void,
): GroupOutcome {
  const state = openState(plan, loaded);
  const results = plan.members.map((member): SignalResult => {
    try {
      return runMember(member, state, takeNumber);
    } catch (error) {
      onBug(error, member.signal);
      return fail(refuse('serverError'));
    }
  });
  return { results, write: state.events.length === 0 ? null : difference(state) };
}

type State = {
  readonly storedEvents: (StoredEvent | undefined)[];
  readonly contacts: readonly Entry<Contact>[];
  readonly conversations: readonly Entry<Conversation>[];
  readonly optionTexts: ReadonlyMap<number, string>;
  readonly attributes: ReadonlyMap<number, LoadedAttribute>;
  readonly events: GroupWrite['events'][number][];
  readonly parts: GroupWrite['parts'][number][];
};

function openState({ keys }: GroupPlan, loaded: Loaded): State {
  // Two external ids can lead to one contact (a merged lead): then both have the same entry.
  const byContact = new Map<string, Entry<Contact>>();
  const contacts = keys.contacts.map(({ workspaceId }, slot) => {
    const found = loaded.contacts.get(slot);
    const name = found === undefined ? `new ${slot}` : `${workspaceId} ${found.row.id}`;
    const entry = byContact.get(name) ?? openEntry(workspaceId, 0, found);
    byContact.set(name, entry);
    return entry;
  });
  return {
    storedEvents: keys.events.map((_, slot) => loaded.events.get(slot)),
    contacts,
    conversations: keys.conversations.map(({ workspaceId, channelId }, slot) =>
      openEntry(workspaceId, channelId, loaded.conversations.get(slot)),
    ),
    optionTexts: loaded.optionTexts,
    attributes: loaded.attributes,
    events: [],
    parts: [],
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
  row: found?.row ?? null,
  isChanged: false,
  signalNumber: 0,
});

function runMember(member: Member, state: State, takeNumber: () => number): SignalResult {
  const { signal } = member;
  const stored = state.storedEvents[member.event];
  if (stored !== undefined) return replay(stored, signal);

  const contact = state.contacts[member.contact]!;
  const conversation = state.conversations[member.conversation]!;
  const attribute = member.attribute === null ? undefined : state.attributes.get(member.attribute);
  const number = takeNumber();
  const outcome = transition(
    {
      channel: signal.channel,
      contact: contact.row,
      conversation: conversation.row,
      offeredOptionText:
        member.option === null ? null : (state.optionTexts.get(member.option) ?? null),
      isAttributeRequested: attribute?.isRequested ?? false,
      dataAttributes: attribute?.definitions ?? [],
    },
    { number, event: signal.event },
    signal.acceptedAt,
  );
  if (!outcome.ok) return outcome;

  change(contact, outcome.value.contact, number);
  change(conversation, outcome.value.conversation, number);
  const { workspaceId } = signal.channel;
  const conversationId = outcome.value.conversation.id;
  const contactId = outcome.value.contact.id;
  const { contentHash } = signal;
  state.storedEvents[member.event] = { contentHash, conversationId, contactId };
  state.events.push({
    workspaceId,
    eventId: signal.event.eventId,
    contentHash,
    conversationId,
    contactId,
    signalNumber: number,
    receivedAt: signal.acceptedAt,
  });
  for (const part of outcome.value.parts) {
    state.parts.push({ ...part, workspaceId, signalNumber: number });
  }
  return ok({ conversationId, contactId, isReplay: false });
}

/** Contract rows 1 and 2: the same content gets the first answer, other content is refused. */
function replay(stored: StoredEvent, signal: WaitingSignal): SignalResult {
  if (stored.contentHash !== signal.contentHash) return fail(refuse('eventReused', 'event_id'));
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
  const contacts = [...new Set(state.contacts)].filter((entry) => entry.isChanged);
  const conversations = state.conversations.filter((entry) => entry.isChanged);
  return {
    events: state.events,
    contacts: contacts.map(toWrite),
    conversations: conversations.map((entry) => ({
      ...toWrite(entry),
      channelId: entry.channelId,
    })),
    parts: state.parts,
  };
}

const toWrite = <Row>(entry: Entry<Row>): Write<Row> => ({
  ...entry.row!,
  workspaceId: entry.workspaceId,
  readVersion: entry.readVersion,
  signalNumber: entry.signalNumber,
});
