// Plans the load of a group: the rows that its signals touch, each once, and the slots of each signal's own rows.

import { promptPositionOf } from '../core/conversation/option-id.ts';
import type { ConversationKey, LoadKeys } from '../store/engine/load.ts';
import {
  contactIdKey,
  conversationKey,
  emailGuardKey,
  emailHash,
  externalIdKey,
  givenEmail,
  givenExternalId,
  type WaitingSignal,
} from './signal.ts';
import { SlotList } from './slot-list.ts';

/** A signal with the slots of its rows in the load. */
export type Member = ConversationMember | ContactMember;

/** A change of a contact over the REST API; fields that do not apply are null. */
export type ContactMember = {
  readonly signal: WaitingSignal & { readonly kind: 'contact' };
  readonly contactById: number | null;
  /** The user that the contact is merged into. */
  readonly into: number | null;
  /** The contact that has the external id which the signal gives. */
  readonly namesake: number | null;
  readonly email: number | null;
  readonly conversations: readonly number[];
};

export type ConversationMember = {
  readonly signal: WaitingSignal & { readonly kind: 'channel_event' | 'conversation' };
  readonly conversation: number;
  /** Null, like the contact, for signals that are not inbound events: they use the contact of the conversation. */
  readonly event: number | null;
  readonly contact: number | null;
  /** The slot of the contact that the signal names by Parley's id; null: none. */
  readonly contactById: number | null;
  /** The slots of the contacts who join. */
  readonly joining: readonly number[];
  readonly option: number | null;
  readonly attribute: number | null;
};

const none: readonly number[] = [];

export type GroupPlan = { readonly members: readonly Member[]; readonly keys: LoadKeys };

/** Lists the rows to load. */
export function planGroup(signals: readonly WaitingSignal[]): GroupPlan {
  const events = new SlotList<LoadKeys['events'][number]>();
  const contacts = new SlotList<LoadKeys['contacts'][number]>();
  const conversations = new SlotList<LoadKeys['conversations'][number]>();
  const contactIds = new SlotList<LoadKeys['contactIds'][number]>();
  const emails = new SlotList<LoadKeys['emails'][number]>();
  const owners = new Set<number>();
  const options: LoadKeys['options'][number][] = [];
  const attributes: LoadKeys['attributes'][number][] = [];

  const members = signals.map((signal): Member => {
    const [conversationKey, contactKey, eventKey] = signal.keys;
    if (signal.kind === 'contact') {
      return planContact(signal, { contacts, contactIds, emails, conversations, owners });
    }
    if (signal.kind === 'conversation') {
      return planConversation(signal, { conversations, contactIds, owners, options });
    }
    const { channel, event } = signal;
    const { workspaceId } = channel;
    const { externalConversationId: externalId, eventId } = event;
    const key = { workspaceId, channelId: channel.id, externalId };
    return {
      signal,
      conversation: conversations.slotOf(conversationKey!, () => key),
      event: events.slotOf(eventKey!, () => ({ workspaceId, eventId })),
      contact: contacts.slotOf(contactKey!, () => ({
        workspaceId,
        externalId: event.contact.externalId,
      })),
      option:
        event.kind === 'quick_reply_selected'
          ? options.push(optionKey(key, event.optionId)) - 1
          : null,
      contactById: null,
      joining: none,
      attribute:
        event.kind === 'attribute_collected'
          ? attributes.push({ ...key, attributeId: event.attributeId }) - 1
          : null,
    };
  });
  const effects = signals.flatMap(({ workspaceId, effectKey }) =>
    effectKey === undefined ? [] : [{ workspaceId, ...effectKey }],
  );
  return {
    members,
    keys: {
      events: events.values,
      contacts: contacts.values,
      contactIds: contactIds.values,
      emails: emails.values,
      conversations: conversations.values,
      owners: [...owners].map((slot) => ({ ...conversations.values[slot]!, slot })),
      options,
      attributes,
      effects,
    },
  };
}

type ConversationSlots = {
  readonly conversations: SlotList<LoadKeys['conversations'][number]>;
  readonly contactIds: SlotList<LoadKeys['contactIds'][number]>;
  /** Slots of conversations whose contact is needed. */
  readonly owners: Set<number>;
  readonly options: LoadKeys['options'][number][];
};

function planConversation(
  signal: WaitingSignal & { readonly kind: 'conversation' },
  { conversations, contactIds, owners, options }: ConversationSlots,
): ConversationMember {
  const { workspaceId, channelId, externalId, signal: content } = signal;
  const key = { workspaceId, channelId, externalId };
  const conversation = conversations.slotOf(signal.keys[0]!, () => key);
  owners.add(conversation);
  const slotOfId = (id: string) =>
    contactIds.slotOf(contactIdKey(workspaceId, id), () => ({ workspaceId, id }));
  const named = namedContact(content);
  const optionId =
    content.kind === 'contact_reply' && 'optionId' in content.said ? content.said.optionId : null;
  return {
    signal,
    conversation,
    event: null,
    contact: null,
    attribute: null,
    contactById: named === null ? null : slotOfId(named),
    joining: joiningContacts(content).map(slotOfId),
    option: optionId === null ? null : options.push(optionKey(key, optionId)) - 1,
  };
}

type ConversationContent = (ConversationMember['signal'] & {
  readonly kind: 'conversation';
})['signal'];

/** Returns the contact whom a signal is about in place of the one who began the conversation. */
function namedContact(content: ConversationContent): string | null {
  switch (content.kind) {
    case 'contact_reply':
    case 'begin':
      return content.contactId;
    case 'contact_merged':
      return content.intoId;
    default:
      return null;
  }
}

function joiningContacts(content: ConversationContent): readonly string[] {
  if (content.kind === 'begin') return content.otherContactIds;
  return content.kind === 'participants' && content.change === 'attach' ? [content.contactId] : [];
}

type ContactSlots = Pick<ConversationSlots, 'owners'> & {
  readonly [Kind in 'contacts' | 'contactIds' | 'emails' | 'conversations']: SlotList<
    LoadKeys[Kind][number]
  >;
};

function planContact(signal: ContactMember['signal'], slots: ContactSlots): ContactMember {
  const { workspaceId, contactId, conversations = [] } = signal;
  const slotOfId = (id: string | null) =>
    id === null
      ? null
      : slots.contactIds.slotOf(contactIdKey(workspaceId, id), () => ({ workspaceId, id }));
  const externalId = givenExternalId(signal);
  const email = givenEmail(signal);
  return {
    signal,
    contactById: slotOfId(contactId),
    into: slotOfId(signal.signal.kind === 'merge_contact' ? signal.signal.intoId : null),
    namesake:
      externalId === null
        ? null
        : slots.contacts.slotOf(externalIdKey(workspaceId, externalId), () => ({
            workspaceId,
            externalId,
          })),
    email:
      email === null
        ? null
        : slots.emails.slotOf(emailGuardKey(workspaceId, email), () => ({
            workspaceId,
            email,
            hash: emailHash(email),
          })),
    conversations: conversations.map((name) => {
      const slot = slots.conversations.slotOf(
        conversationKey(workspaceId, name.channelId, name.externalId),
        () => ({ workspaceId, ...name }),
      );
      slots.owners.add(slot);
      return slot;
    }),
  };
}

const optionKey = (
  conversation: ConversationKey,
  optionId: string,
): LoadKeys['options'][number] => ({
  ...conversation,
  optionId,
  promptPosition: promptPositionOf(optionId),
});
