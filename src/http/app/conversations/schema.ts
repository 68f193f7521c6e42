// Conversations as the inbox shows them: the row of a list, the whole one, its parts, and its deliveries. Times are
// milliseconds since 1970, ids are texts, texts are plain.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import { attachmentSchema, customAttributes, nullable } from '../../../contract/schema-pieces.ts';

const text = Type.String();
const nullableText = nullable('string');
const time = Type.Integer();
const nullableTime = nullable('integer');

const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

const author = Type.Object({ type: text, id: text, name: nullableText });

const person = Type.Object({ id: text, role: text, name: nullableText, email: nullableText });

/** Who has the conversation: a workflow that waits in it, the teammate who took it over, or none. */
const holder = Type.Object({
  kind: Type.Unsafe<'none' | 'teammate' | 'workflow'>({
    type: 'string',
    enum: ['none', 'teammate', 'workflow'],
  }),
  admin_id: Type.Optional(text),
  workflow_id: Type.Optional(text),
  workflow_name: Type.Optional(text),
  version: Type.Optional(Type.Integer()),
  step_id: Type.Optional(text),
  waits_for: Type.Optional(
    Type.Unsafe<'quick_reply' | 'attribute' | 'reply' | 'time' | 'webhook'>({
      type: 'string',
      enum: ['quick_reply', 'attribute', 'reply', 'time', 'webhook'],
    }),
  ),
  since: Type.Optional(time),
  until: Type.Optional(nullableTime),
});

const rowFields = {
  id: text,
  /** Grows with each change. */
  version: Type.Integer(),
  state: text,
  channel_id: text,
  contact: orNull(person),
  title: nullableText,
  created_at: time,
  updated_at: time,
  waiting_since: nullableTime,
  snoozed_until: nullableTime,
  admin_assignee_id: nullableText,
  team_assignee_id: nullableText,
  is_priority: Type.Boolean(),
  /** Whether the contact wrote since I last saw it. */
  is_unread: Type.Boolean(),
  seen_position: Type.Integer(),
  last_position: Type.Integer(),
  tags: Type.Array(Type.Object({ id: text, name: text })),
  preview: orNull(Type.Object({ text, kind: text, author, at: time })),
  holder,
};

export const row = Type.Object(rowFields);
export type Row = Static<typeof row>;

export const rowPage = Type.Object({
  conversations: Type.Array(row),
  /** Give it as `after`; null: this is the last page. */
  next: nullableText,
});

/** The most conversations of one request. */
export const ROWS_MAX = 200;

export const byIdBody = Type.Object({
  ids: Type.Array(Type.String({ maxLength: 20 }), { maxItems: ROWS_MAX }),
});
export type ByIdBody = Static<typeof byIdBody>;

/** Conversations that are not there are missing. */
export const rowList = Type.Object({ conversations: Type.Array(row) });

const draftKind = Type.Unsafe<'reply' | 'note'>({ type: 'string', enum: ['reply', 'note'] });

export const wholeConversation = Type.Object({
  ...rowFields,
  external_id: text,
  custom_attributes: customAttributes,
  contact: orNull(
    Type.Object({
      ...person.properties,
      external_id: nullableText,
      phone: nullableText,
      custom_attributes: customAttributes,
      created_at: time,
      last_replied_at: nullableTime,
      is_blocked: Type.Boolean(),
    }),
  ),
  other_conversations: Type.Array(
    Type.Object({ id: text, state: text, updated_at: time, preview: nullableText }),
  ),
  drafts: Type.Array(
    Type.Object({ kind: draftKind, body: text, version: Type.Integer(), updated_at: time }),
  ),
});
export type WholeConversation = Static<typeof wholeConversation>;

const part = Type.Object({
  id: text,
  position: Type.Integer(),
  kind: text,
  body: nullableText,
  author,
  at: time,
  state: text,
  is_redacted: Type.Boolean(),
  assigned_to: orNull(Type.Object({ type: text, id: text, name: nullableText })),
  details: nullable('object'),
  /** The buttons that were offered. */
  options: Type.Array(Type.Object({ id: text, text, is_chosen: Type.Boolean() })),
  /** Whether the contact can no longer be expected to use them. */
  is_stale: Type.Boolean(),
  attachments: Type.Array(attachmentSchema),
});
export type ThreadPart = Static<typeof part>;

export const threadPage = Type.Object({
  /** Oldest first. */
  parts: Type.Array(part),
  has_more: Type.Boolean(),
});

export const deliveries = Type.Object({
  deliveries: Type.Array(
    Type.Object({
      /** The part that the event tells of; null for events about something else. */
      part_id: nullableText,
      sequence: Type.Integer(),
      event: text,
      /** `unseen`: the channel has no callback; `disabled`: the app turned it off by 410. */
      state: Type.Unsafe<'queued' | 'delivered' | 'retrying' | 'dead' | 'unseen' | 'disabled'>({
        type: 'string',
        enum: ['queued', 'delivered', 'retrying', 'dead', 'unseen', 'disabled'],
      }),
      /** Events of this conversation that go before it. */
      ahead: Type.Integer(),
      attempts: Type.Integer(),
      next_at: nullableTime,
      delivered_at: nullableTime,
      latency_ms: nullable('integer'),
      status: nullable('integer'),
      /** What the last attempt, or the dead letter, says. */
      answer: nullableText,
      history: Type.Array(
        Type.Object({
          number: Type.Integer(),
          at: time,
          status: nullable('integer'),
          latency_ms: Type.Integer(),
          outcome: text,
          detail: text,
        }),
      ),
    }),
  ),
});
export type ShownDelivery = Static<typeof deliveries>['deliveries'][number];

const body = Type.String({
  minLength: 1,
  maxLength: limits.bodyCharactersMax,
  pattern: '[^\\s\\u0000]',
});

export const messageBody = Type.Object({
  kind: draftKind,
  body,
  /** The last part that the teammate saw. */
  seen_position: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
  /** Whether to send although another teammate acted since. */
  force: Type.Optional(Type.Boolean()),
});
export type MessageBody = Static<typeof messageBody>;

export const changed = Type.Object({ conversation: row });

const tagIds = Type.Array(Type.String({ maxLength: 20 }), { maxItems: limits.tagsPerObjectMax });

const actions = ['close', 'open', 'take_over', 'assign', 'snooze', 'priority', 'tag'] as const;

/** An action; each kind needs its own field, which action-reader.ts checks. */
export const actionBody = Type.Object({
  kind: Type.Unsafe<(typeof actions)[number]>({ type: 'string', enum: actions }),
  /** `assign`: the teammate or the team; `null`: none. */
  admin_id: Type.Optional(nullable('string')),
  team_id: Type.Optional(nullable('string')),
  /** `snooze`: when it ends. */
  until: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.secondsMax * 1000 })),
  is_priority: Type.Optional(Type.Boolean()),
  /** `tag`: the ids of the tags to add and to remove. */
  add: Type.Optional(tagIds),
  remove: Type.Optional(tagIds),
});
export type ActionBody = Static<typeof actionBody>;

export const seenBody = Type.Object({
  position: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
});
export type SeenBody = Static<typeof seenBody>;

export const draftBody = Type.Object({
  kind: draftKind,
  /** Empty: the draft is gone. */
  body: Type.String({ maxLength: limits.bodyCharactersMax }),
  /** Of the draft that it replaces; 0: there was none. */
  version: Type.Integer({ minimum: 0, maximum: 2_000_000_000 }),
});
export type DraftBody = Static<typeof draftBody>;

export const savedDraft = Type.Object({ version: Type.Integer() });
