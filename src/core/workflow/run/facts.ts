// The facts of a conversation that templates and conditions can read, under the names of the wire, and the field table
// of conditions.

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Json } from '../../model/model.ts';
import { secondsOrNull } from '../../presenters/seconds.ts';
import type { Condition } from '../../search/condition.ts';
import { holds } from '../../search/evaluate.ts';
import type { FieldTable, FieldType } from '../../search/fields.ts';

type Values = { readonly [name: string]: Json };

/** The facts: the fields of `conversation`, `contact` and so on are one level deep, except custom attributes. */
export type Facts = {
  readonly contact: Values;
  readonly conversation: Values;
  readonly channel: Values;
  /** The contact's message in this signal; all null for other signals. */
  readonly message: Values;
  readonly quick_reply: Values;
  readonly attribute: Values;
  /** The attributes of the conversation over those of the contact. */
  readonly attributes: Values;
  /** Unix seconds. */
  readonly now: number;
};

/** The contact's input in this signal: at most one field is set. */
export type ContactInput = {
  readonly message: string | null;
  readonly option: { readonly id: string; readonly text: string } | null;
  readonly attribute: { readonly id: string; readonly value: string } | null;
};

/** Collects the current facts. They are stale after a step that changes something. */
export const factsOf = (
  { contact, conversation }: Change,
  { channel, nowMs, setup }: TransitionContext,
  { message, option, attribute }: ContactInput,
): Facts => ({
  // Collected eagerly: plain objects cost less than lazy getters.
  contact: describeContact(contact),
  conversation: describeConversation(conversation, setup),
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

const describeConversation = (
  conversation: Change['conversation'],
  { tags }: Pick<TransitionContext['setup'], 'tags'>,
) =>
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
    // Deleted tags are left out.
    tag_ids: conversation.tagIds.filter((id) => tags.has(id)),
    waiting_since: secondsOrNull(conversation.waitingSince),
    snoozed_until: secondsOrNull(conversation.snoozedUntil),
    first_contact_reply_at: secondsOrNull(conversation.firstContactReplyAt),
    last_contact_reply_at: secondsOrNull(conversation.lastContactReplyAt),
    count_reopens: conversation.countReopens,
    count_conversation_parts: conversation.partCount,
    created_at: secondsOrNull(conversation.createdAt),
    updated_at: secondsOrNull(conversation.updatedAt),
  }) satisfies Values;

/** The standard fields with their types. */
const fieldTypes: { readonly [field: string]: FieldType } = {
  'contact.id': 'text',
  'contact.role': 'text',
  'contact.type': 'text',
  'contact.external_id': 'text',
  'contact.name': 'text',
  'contact.email': 'text',
  'contact.phone': 'text',
  'contact.custom_attributes': 'mapping',
  'contact.signed_up_at': 'time',
  'contact.last_replied_at': 'time',
  'contact.created_at': 'time',
  'contact.updated_at': 'time',
  'conversation.id': 'text',
  'conversation.external_id': 'text',
  'conversation.state': 'text',
  'conversation.open': 'boolean',
  'conversation.read': 'boolean',
  'conversation.title': 'text',
  'conversation.priority': 'text',
  'conversation.custom_attributes': 'mapping',
  'conversation.admin_assignee_id': 'number',
  'conversation.team_assignee_id': 'number',
  'conversation.tag_ids': 'list',
  'conversation.waiting_since': 'time',
  'conversation.snoozed_until': 'time',
  'conversation.first_contact_reply_at': 'time',
  'conversation.last_contact_reply_at': 'time',
  'conversation.count_reopens': 'number',
  'conversation.count_conversation_parts': 'number',
  'conversation.created_at': 'time',
  'conversation.updated_at': 'time',
  'channel.id': 'text',
  'channel.name': 'text',
  'channel.time_zone': 'text',
  'message.body': 'text',
  'quick_reply.option_id': 'text',
  'quick_reply.text': 'text',
  'attribute.id': 'text',
  'attribute.value': 'text',
  attributes: 'mapping',
  now: 'time',
};

/** The fields of conditions in workflows. Templates use the same names. */
export const factTable: FieldTable<Facts> = {
  semantics: { isInclusive: false, comparesDays: false },
  fields: new Map(
    Object.entries(fieldTypes).map(([name, type]) => [
      name,
      { type, read: (facts) => readPath(facts, name.split('.')) },
    ]),
  ),
  families: [
    {
      prefix: 'contact.custom_attributes.',
      read: ({ contact }, name) => own(contact.custom_attributes, name),
    },
    {
      prefix: 'conversation.custom_attributes.',
      read: ({ conversation }, name) => own(conversation.custom_attributes, name),
    },
    { prefix: 'attributes.', read: ({ attributes }, name) => own(attributes, name) },
  ],
};

/** Whether a condition of a workflow holds. */
export const holdsFor = (condition: Condition, facts: Facts): boolean =>
  holds(condition, factTable, facts);

const readPath = (facts: Facts, path: readonly string[]): Json =>
  path.reduce<unknown>(own, facts) as Json;

function own(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
  return (value as { readonly [name: string]: Json })[name] ?? null;
}
