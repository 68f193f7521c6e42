// The events that a crash test sends, and what was answered to each. Makes them up from a seed, over a bounded set of
// contacts and conversations; an event stays the same however often it is sent. Sends nothing itself.

import type { SeededRandom } from './seeded-random.ts';

export type Answer = { readonly conversationId: string; readonly contactId: string };

export type StoryEvent = {
  readonly eventId: string;
  readonly kind:
    | 'new_conversation'
    | 'new_message'
    | 'quick_reply_selected'
    | 'attribute_collected';
  readonly conversation: string;
  readonly contact: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The part that it leaves, in words of lineOf; null when it leaves none. */
  readonly line: string | null;
};

export type Entry = { readonly event: StoryEvent; answer: Answer | undefined };

type Conversation = {
  readonly name: string;
  readonly contact: string;
  /** Ours, once the conversation was acknowledged. */
  id: string | undefined;
  hasOptions: boolean;
};

const contactsMax = 30;
const conversationsMax = 80;

/** A part as one line. */
export const lineOf = (kind: 'said' | 'collected', text: string): string => `${kind} ${text}`;

/** The text of a quick reply option of a conversation. */
export const optionText = (optionId: string): string => `Text of ${optionId}`;

const optionIds = ['option_a', 'option_b'];

export class Story {
  readonly entries = new Map<string, Entry>();
  /** What contradicts a promise, seen while sending. */
  readonly faults: string[] = [];
  /** How often an event was left without an answer. */
  unansweredEver = 0;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #conversations: Conversation[] = [];
  /** Sent before without an answer: to be sent again. */
  readonly #unanswered: StoryEvent[] = [];

  constructor(random: SeededRandom, name = 'story') {
    this.#random = random;
    this.#name = name;
  }

  /** What to send next: something unanswered, or something new. */
  next(): StoryEvent {
    const again = this.#random.chance(0.7) ? this.#unanswered.shift() : undefined;
    if (again !== undefined) return again;
    const event = this.#make();
    this.entries.set(event.eventId, { event, answer: undefined });
    return event;
  }

  /** Something unanswered, if there is any. */
  nextUnanswered(): StoryEvent | undefined {
    return this.#unanswered.shift();
  }

  /** Whether an event was sent twice at the same time is a matter of chance as well. */
  wantsTwin(): boolean {
    return this.#random.chance(0.05);
  }

  acknowledge(event: StoryEvent, answer: Answer): void {
    const entry = this.entries.get(event.eventId)!;
    const before = entry.answer;
    if (before === undefined) entry.answer = answer;
    else if (
      before.conversationId !== answer.conversationId ||
      before.contactId !== answer.contactId
    )
      this.faults.push(`${event.eventId}: first ${show(before)}, then ${show(answer)}`);
    const conversation = this.#conversations.find(({ name }) => name === event.conversation)!;
    conversation.id ??= answer.conversationId;
  }

  /** Nobody knows what became of it: it will be sent again, unless a twin was answered. */
  leaveUnanswered(event: StoryEvent): void {
    if (this.entries.get(event.eventId)!.answer !== undefined) return;
    if (this.#unanswered.includes(event)) return;
    this.#unanswered.push(event);
    this.unansweredEver += 1;
  }

  get acknowledged(): readonly Entry[] {
    return [...this.entries.values()].filter(({ answer }) => answer !== undefined);
  }

  /** The rows of parley.quick_reply_options that are still missing; from now on they count as there. */
  takeOptionsToOffer(): readonly { readonly conversationId: string; readonly optionId: string }[] {
    const bare = this.#conversations.filter(
      ({ id, hasOptions }) => id !== undefined && !hasOptions,
    );
    for (const conversation of bare) conversation.hasOptions = true;
    return bare.flatMap(({ id }) =>
      optionIds.map((optionId) => ({ conversationId: id!, optionId })),
    );
  }

  #make(): StoryEvent {
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

  #begin(eventId: string): StoryEvent {
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

/** The body of the request that carries an event. */
export function requestBody(event: StoryEvent): Record<string, unknown> {
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

const show = ({ conversationId, contactId }: Answer): string =>
  `conversation ${conversationId} of contact ${contactId}`;
