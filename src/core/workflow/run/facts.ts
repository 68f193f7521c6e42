// What templates and conditions can see of a conversation, under the names of the wire. Reads the state and writes
// nothing.

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Json } from '../../model/model.ts';
import { secondsOrNull } from '../../presenters/seconds.ts';

type Values = { readonly [name: string]: Json };

/** Every field of `conversation`, `contact` and so on is one level deep, but for the custom attributes. */
export type Facts = {
  readonly contact: Values;
  readonly conversation: Values;
  readonly channel: Values;
  /** What the contact said in this signal; all null if it was something else. */
  readonly message: Values;
  readonly quick_reply: Values;
  readonly attribute: Values;
  /** The attributes of the conversation over those of the contact. */
  readonly attributes: Values;
  /** Unix seconds. */
  readonly now: number;
};

/** What the contact said or did in this signal. */
export type Heard = {
  readonly message: string | null;
  readonly option: { readonly id: string; readonly text: string } | null;
  readonly attribute: { readonly id: string; readonly value: string } | null;
};

/** The facts as they are now: to be asked again after a step that changes something. */
export const factsOf = (
  { contact, conversation }: Change,
  { channel, nowMs }: TransitionContext,
  { message, option, attribute }: Heard,
): Facts => ({
  // All at once: plain objects cost less than getters that would make them when asked.
  contact: describeContact(contact),
  conversation: describeConversation(conversation),
  channel: { id: String(channel.id), name: channel.name, time_zone: channel.timeZone },
  message: { body: message },
  quick_reply: { option_id: option?.id ?? null, text: option?.text ?? null },
  attribute: { id: attribute?.id ?? null, value: attribute?.value ?? null },
  attributes: { ...contact.customAttributes, ...conversation.customAttributes },
  now: Math.floor(nowMs / 1000),
});

const describeContact = (contact: Change['contact']) =>
  ({
    id: contact.id,
    role: contact.role,
    type: contact.role,
    external_id: contact.externalId,
    name: contact.name,
    email: contact.email,
    phone: contact.phone,
    custom_attributes: contact.customAttributes,
    signed_up_at: secondsOrNull(contact.signedUpAt),
    last_replied_at: secondsOrNull(contact.lastRepliedAt),
    created_at: secondsOrNull(contact.createdAt),
    updated_at: secondsOrNull(contact.updatedAt),
  }) satisfies Values;

const describeConversation = (conversation: Change['conversation']) =>
  ({
    id: String(conversation.id),
    external_id: conversation.externalId,
    state: conversation.state,
    open: conversation.state !== 'closed',
    read: conversation.isRead,
    title: conversation.title,
    priority: conversation.isPriority ? 'priority' : 'not_priority',
    custom_attributes: conversation.customAttributes,
    admin_assignee_id: conversation.adminAssigneeId,
    team_assignee_id: conversation.teamAssigneeId,
    tag_ids: conversation.tagIds,
    waiting_since: secondsOrNull(conversation.waitingSince),
    snoozed_until: secondsOrNull(conversation.snoozedUntil),
    first_contact_reply_at: secondsOrNull(conversation.firstContactReplyAt),
    last_contact_reply_at: secondsOrNull(conversation.lastContactReplyAt),
    count_reopens: conversation.countReopens,
    count_conversation_parts: conversation.partCount,
    created_at: secondsOrNull(conversation.createdAt),
    updated_at: secondsOrNull(conversation.updatedAt),
  }) satisfies Values;

const ATTRIBUTES = 'custom_attributes.';

/** The value of a field; null when there is none. Everything after `custom_attributes.` is one name, dots included. */
export function readFact(facts: Facts, path: string): Json {
  const dot = path.indexOf('.');
  const [head, rest] = dot < 0 ? [path, null] : [path.slice(0, dot), path.slice(dot + 1)];
  const value = own(facts, head);
  if (rest === null) return value;
  return rest.startsWith(ATTRIBUTES)
    ? own(own(value, 'custom_attributes'), rest.slice(ATTRIBUTES.length))
    : own(value, rest);
}

function own(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
  return ((value as { readonly [name: string]: Json })[name] ?? null) satisfies Json;
}

/** Every field that is always there; a test compares it with what the functions above make. */
export const knownFields: ReadonlySet<string> = new Set([
  'contact.id',
  'contact.role',
  'contact.type',
  'contact.external_id',
  'contact.name',
  'contact.email',
  'contact.phone',
  'contact.custom_attributes',
  'contact.signed_up_at',
  'contact.last_replied_at',
  'contact.created_at',
  'contact.updated_at',
  'conversation.id',
  'conversation.external_id',
  'conversation.state',
  'conversation.open',
  'conversation.read',
  'conversation.title',
  'conversation.priority',
  'conversation.custom_attributes',
  'conversation.admin_assignee_id',
  'conversation.team_assignee_id',
  'conversation.tag_ids',
  'conversation.waiting_since',
  'conversation.snoozed_until',
  'conversation.first_contact_reply_at',
  'conversation.last_contact_reply_at',
  'conversation.count_reopens',
  'conversation.count_conversation_parts',
  'conversation.created_at',
  'conversation.updated_at',
  'channel.id',
  'channel.name',
  'channel.time_zone',
  'message.body',
  'quick_reply.option_id',
  'quick_reply.text',
  'attribute.id',
  'attribute.value',
  'attributes',
  'now',
]);
