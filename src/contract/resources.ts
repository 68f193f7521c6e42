// The shapes of what can be read back: contact, conversation, admin (contract D), for the OpenAPI document and the
// tests. http/present makes them.

import { Type } from 'typebox';
import { nullable, nullableTimestamp, timestamp } from './schema-pieces.ts';

const customAttributes = Type.Record(Type.String(), Type.Unknown(), {
  description: 'By name.',
});

export const contactAnswer = Type.Object(
  {
    type: Type.Literal('contact'),
    id: Type.String({ description: '24 hex characters.' }),
    workspace_id: Type.String(),
    external_id: nullable('string', { description: 'Your id of the contact.' }),
    role: Type.Unsafe<string>({ type: 'string', enum: ['user', 'lead'] }),
    email: nullable('string'),
    email_domain: nullable('string'),
    phone: nullable('string'),
    name: nullable('string'),
    created_at: timestamp(),
    updated_at: timestamp(),
    signed_up_at: nullableTimestamp(),
    last_replied_at: nullableTimestamp(),
    custom_attributes: customAttributes,
  },
  {
    title: 'Contact',
    description: 'The fields that Parley keeps; the other published ones are there, null or empty.',
  },
);

const author = Type.Object({
  type: Type.String({ description: 'user, lead, admin, team or bot.' }),
  id: Type.String(),
  name: nullable('string'),
  email: nullable('string'),
});

const part = Type.Object({
  type: Type.Literal('conversation_part'),
  id: Type.String(),
  part_type: Type.String({
    description: 'For example comment, or open when it reopened the conversation.',
  }),
  body: nullable('string', { description: 'HTML, or plain text with `display_as=plaintext`.' }),
  created_at: timestamp(),
  author,
  external_id: nullable('string', { description: 'The event_id that brought it.' }),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  event_details: nullable('object'),
  state: Type.String(),
  redacted: Type.Boolean(),
});

export const conversationAnswer = Type.Object(
  {
    type: Type.Literal('conversation'),
    id: Type.String({ description: 'A decimal number.' }),
    title: nullable('string'),
    created_at: timestamp(),
    updated_at: timestamp(),
    waiting_since: nullableTimestamp({
      description: 'Since when the contact waits for an answer.',
    }),
    snoozed_until: nullableTimestamp(),
    open: Type.Boolean(),
    state: Type.Unsafe<string>({ type: 'string', enum: ['open', 'closed', 'snoozed'] }),
    read: Type.Boolean(),
    priority: Type.Unsafe<string>({ type: 'string', enum: ['priority', 'not_priority'] }),
    admin_assignee_id: nullable('integer'),
    team_assignee_id: nullable('integer'),
    source: Type.Object({
      type: Type.String(),
      id: Type.String(),
      delivered_as: Type.String(),
      author,
    }),
    contacts: Type.Object({
      type: Type.Literal('contact.list'),
      contacts: Type.Array(
        Type.Object({
          type: Type.Literal('contact'),
          id: Type.String(),
          external_id: nullable('string'),
        }),
      ),
    }),
    custom_attributes: customAttributes,
    external_references: Type.Array(
      Type.Object({
        type: Type.String(),
        id: Type.String({ description: 'Your id of the conversation.' }),
      }),
    ),
    conversation_parts: Type.Object({
      type: Type.Literal('conversation_part.list'),
      conversation_parts: Type.Array(part, { description: 'The newest 500, oldest first.' }),
      total_count: Type.Integer(),
    }),
  },
  {
    title: 'Conversation',
    description: 'The fields that Parley keeps; the other published ones are there, null or empty.',
  },
);

export const meAnswer = Type.Object(
  {
    type: Type.Literal('admin'),
    id: Type.String(),
    name: Type.String(),
    email: Type.String(),
    email_verified: Type.Boolean(),
    has_inbox_seat: Type.Boolean(),
    team_ids: Type.Array(Type.Integer()),
    app: Type.Object({
      type: Type.Literal('app'),
      id_code: Type.String({ description: 'The workspace.' }),
      name: Type.String(),
      created_at: timestamp(),
    }),
  },
  { title: 'Admin with app' },
);

const adminFields = {
  type: Type.Literal('admin'),
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  job_title: Type.String(),
  away_mode_enabled: Type.Boolean(),
  away_mode_reassign: Type.Boolean(),
  has_inbox_seat: Type.Boolean(),
  team_ids: Type.Array(Type.Integer(), { description: 'The teams that the teammate is in.' }),
};

export const adminAnswer = Type.Object(adminFields, { title: 'Admin' });

export const adminList = Type.Object(
  { type: Type.Literal('admin.list'), admins: Type.Array(adminAnswer) },
  { title: 'Admin list' },
);

export const teamAnswer = Type.Object(
  {
    type: Type.Literal('team'),
    id: Type.String(),
    name: Type.String(),
    admin_ids: Type.Array(Type.Integer()),
  },
  { title: 'Team' },
);

export const teamList = Type.Object(
  { type: Type.Literal('team.list'), teams: Type.Array(teamAnswer) },
  { title: 'Team list' },
);
