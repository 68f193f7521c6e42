// Generates the events of a crash test from a seed, over a bounded set of contacts and conversations, and records the
// acknowledgement of each; a repeated event never changes. Sends nothing itself.

import type { SeededRandom } from '../support/seeded-random.ts';

export type Acknowledgement = { readonly conversationId: string; readonly contactId: string };

export type ScriptEvent = {
  readonly eventId: string;
  readonly kind:
    | 'new_conversation'
    | 'new_message'
    | 'quick_reply_selected'
    | 'attribute_collected';
  readonly conversation: string;
  readonly contact: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The conversation part that it adds, as lineOf() writes it; null if it adds none. */
  readonly line: string | null;
};

export type Entry = { readonly event: ScriptEvent; acknowledgement: Acknowledgement | undefined };

type Conversation = {
  readonly name: string;
  readonly contact: string;
  /** Parley's id, once the conversation was acknowledged. */
  id: string | undefined;
  hasOptions: boolean;
};

const contactsMax = 30;
const conversationsMax = 80;

/** Writes a conversation part as one line. */
export const lineOf = (kind: 'said' | 'collected', text: string): string => `${kind} ${text}`;

/** The text of a quick reply option of a conversation. */
export const optionText = (optionId: string): string => `Text of ${optionId}`;

const optionIds = ['option_a', 'option_b'];

export class EventScript {
  readonly entries = new Map<string, Entry>();
  /** Violations found while sending. */
  readonly violations: string[] = [];
  /** How often an event got no response. */
  unansweredEver = 0;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #conversations: Conversation[] = [];
  /** Events without a response, to be sent again. */
  readonly #unanswered: ScriptEvent[] = [];

  constructor(random: SeededRandom, name = 'script') {
    this.#random = random;
    this.#name = name;
  }

  /** The next event to send: an unanswered one or a new one. */
  next(): ScriptEvent {
    const again = this.#random.chance(0.7) ? this.#unanswered.shift() : undefined;
    if (again !== undefined) return again;
    const event = this.#make();
    this.entries.set(event.eventId, { event, acknowledgement: undefined });
    return event;
  }

  /** The next unanswered event, if there is one. */
  nextUnanswered(): ScriptEvent | undefined {
    return this.#unanswered.shift();
  }

  /** Decides at random whether to send an event twice at once. */
  sendsTwice(): boolean {
    return this.#random.chance(0.05);
  }

  acknowledge(event: ScriptEvent, acknowledgement: Acknowledgement): void {
    const entry = this.entries.get(event.eventId)!;
    const before = entry.acknowledgement;
    if (before === undefined) entry.acknowledgement = acknowledgement;
    else if (
      before.conversationId !== acknowledgement.conversationId ||
      before.contactId !== acknowledgement.contactId
    )
      this.violations.push(
        `${event.eventId}: first ${show(before)}, then ${show(acknowledgement)}`,
      );
    const conversation = this.#conversations.find(({ name }) => name === event.conversation)!;
    conversation.id ??= acknowledgement.conversationId;
  }

  /** Notes that an event got no response: it will be sent again, unless its duplicate was acknowledged. */
  leaveUnanswered(event: ScriptEvent): void {
    if (this.entries.get(event.eventId)!.acknowledgement !== undefined) return;
    if (this.#unanswered.includes(event)) return;
    this.#unanswered.push(event);
    this.unansweredEver += 1;
  }

  get acknowledged(): readonly Entry[] {
    return [...this.entries.values()].filter(
      ({ acknowledgement }) => acknowledgement !== undefined,
    );
  }

  /** Returns the missing rows of parley.quick_reply_options, and counts them as inserted from now on. */
  takeMissingOptions(): readonly { readonly conversationId: string; readonly optionId: string }[] {
    const missing = this.#conversations.filter(
      ({ id, hasOptions }) => id !== undefined && !hasOptions,
    );
    for (const conversation of missing) conversation.hasOptions = true;
    return missing.flatMap(({ id }) =>
      optionIds.map((optionId) => ({ conversationId: id!, optionId })),
    );
  }

  #make(): ScriptEvent {
    const random = this.#random;
    const eventId = `evt_${this.#name}_${this.entries.size + 1}`;
    const known = this.#conversations.filter(({ id }) => id !== undefined);
    const mayBegin = this.#conversations.length < conversationsMax;
    if (known.length === 0 || (mayBegin && random.chance(0.1))) return this.#begin(eventId);

    const conversation = random.pick(known);
    const base = { eventId, conversation: conversation.name, contact: conversation.contact };
    const choice = random.fraction();
    // Notifying a conversation again gives its ids and changes nothing.
    if (choice < 0.08) return { ...base, kind: 'new_conversation', fields: {}, line: null };
    if (choice < 0.25) {
      const attribute = { id: `attribute_of_${eventId}`, value: `value of ${eventId}` };
      const line = lineOf('collected', `${attribute.id}=${attribute.value}`);
      return { ...base, kind: 'attribute_collected', fields: { attribute }, line };
    }
    if (choice < 0.45 && conversation.hasOptions) {
      const optionId = random.pick(optionIds);
      const fields = { quick_reply_option_id: optionId };
      const line = lineOf('said', optionText(optionId));
      return { ...base, kind: 'quick_reply_selected', fields, line };
    }
    const body = `Words of ${eventId}`;
    return { ...base, kind: 'new_message', fields: { body }, line: lineOf('said', body) };
  }

  #begin(eventId: string): ScriptEvent {
    const number = this.#conversations.length + 1;
    const contact = `contact_${this.#name}_${this.#random.between(1, contactsMax)}`;
    const name = `conversation_${this.#name}_${number}`;
    this.#conversations.push({ name, contact, id: undefined, hasOptions: false });
    return {
      eventId,
      kind: 'new_conversation',
      conversation: name,
      contact,
      fields: {},
      line: null,
    };
  }
}

/** Makes the request body of an event. */
export function requestBody(event: ScriptEvent): Record<string, unknown> {
  const { eventId, conversation, contact, fields } = event;
  return {
    event_id: eventId,
    external_conversation_id: conversation,
    contact: {
      type: 'user',
      external_id: contact,
      name: `Name of ${contact}`,
      email: `${contact}@example.com`,
    },
    ...fields,
  };
}

const show = ({ conversationId, contactId }: Acknowledgement): string =>
  `conversation ${conversationId} of contact ${contactId}`;
