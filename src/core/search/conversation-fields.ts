// The fields of conversations that a search can name (contract C), each with how to read it and where the database has
// it: `v` is the row of conversations; it began with the contact `a` or the teammate `d`.

import type { Conversation, Json } from '../model/model.ts';
import { type Statistics, secondsUntil } from '../model/statistics.ts';
import { deliveredAs } from '../presenters/conversation.ts';
import { secondsOrNull } from '../presenters/seconds.ts';
import type { FieldType, KeyTable, StoredField, StoredTable } from './fields.ts';

/** What a search sees of a conversation. */
export type SearchedConversation = {
  /** Its contacts with merges followed, and only tags that exist. */
  readonly conversation: Conversation;
  /** The contact or the teammate who began it. */
  readonly author: SourceAuthor;
  /** The message that it began with. */
  readonly sourceBody: string | null;
  /** The teammates who spoke in it, or to whom it is assigned. */
  readonly teammateIds: readonly string[];
  /** What was said in it, without what was redacted. */
  readonly bodies: readonly string[];
};

type SourceAuthor = {
  readonly id: string;
  /** Null for a contact or a teammate that does not exist any more, as name and email. */
  readonly type: string | null;
  readonly name: string | null;
  readonly email: string | null;
};

type Field = StoredField<SearchedConversation>;

const keys: KeyTable = {
  table: 'conversation_keys',
  column: 'conversation_id',
  id: 'v.id',
  tagIds: 'v.tag_ids',
};

const field = (
  type: FieldType,
  sql: string,
  read: (conversation: Conversation) => Json,
): Field => ({ type, sql, read: ({ conversation }) => read(conversation) });

/** What every conversation has alike. */
const constant = (type: FieldType, value: Json, sql: string): Field => ({
  type,
  sql,
  read: () => value,
});

const emptyText = constant('text', null, 'null::text');
const emptyNumber = constant('number', null, 'null::bigint');
const emptyTime = constant('time', null, 'null::timestamptz');

const time = (column: string, read: (conversation: Conversation) => number | null): Field =>
  field('time', `v.${column}`, (conversation) => secondsOrNull(read(conversation)));

/** The names of the times of a conversation's statistics. */
type Moment = {
  [Name in keyof Statistics]: Name extends `${string}At` ? Name : never;
}[keyof Statistics];

const momentSql = (name: NonNullable<Moment>): string => `(v.statistics ->> '${name}')::bigint`;

const moment = (name: NonNullable<Moment>): Field =>
  field('time', `from_ms(${momentSql(name)})`, ({ statistics: of }) =>
    secondsOrNull(of[name] ?? null),
  );

/** The seconds until a moment, as secondsUntil() computes them. */
const until = (name: NonNullable<Moment>): Field => {
  const begin = 'ms(coalesce(v.first_contact_reply_at, v.created_at))';
  return field(
    'number',
    `floor(case when ${momentSql(name)} < ${begin} then 0 else ${momentSql(name)} - ${begin} end / 1000.0)::bigint`,
    (one) => secondsUntil(one, one.statistics[name]),
  );
};

const statistics: Readonly<Record<string, Field>> = {
  time_to_assignment: until('assignmentBeforeReplyAt'),
  time_to_admin_reply: until('firstAdminReplyAt'),
  time_to_first_close: until('firstCloseAt'),
  time_to_last_close: until('lastCloseAt'),
  median_time_to_reply: field(
    'number',
    `(v.statistics ->> 'medianWait')::bigint`,
    ({ statistics: of }) => of.medianWait ?? null,
  ),
  first_contact_reply_at: time('first_contact_reply_at', (one) => one.firstContactReplyAt),
  first_assignment_at: moment('firstAssignmentAt'),
  first_admin_reply_at: moment('firstAdminReplyAt'),
  first_close_at: moment('firstCloseAt'),
  last_assignment_at: moment('lastAssignmentAt'),
  last_assignment_admin_reply_at: moment('lastAssignmentAdminReplyAt'),
  last_contact_reply_at: time('last_contact_reply_at', (one) => one.lastContactReplyAt),
  last_admin_reply_at: moment('lastAdminReplyAt'),
  last_close_at: moment('lastCloseAt'),
  last_closed_by_id: field(
    'text',
    `(v.statistics ->> 'lastClosedById')`,
    ({ statistics: of }) => of.lastClosedById ?? null,
  ),
  count_reopens: field('number', 'v.count_reopens', (one) => one.countReopens),
  count_assignments: field(
    'number',
    `coalesce((v.statistics ->> 'assignmentCount')::bigint, 0)`,
    ({ statistics: of }) => of.assignmentCount ?? 0,
  ),
  count_conversation_parts: field('number', 'v.part_count', (one) => one.partCount),
};

const source: Readonly<Record<string, Field>> = {
  type: constant('text', 'conversation', `'conversation'::text`),
  id: field('id', 'v.id', (one) => String(one.id)),
  delivered_as: field(
    'text',
    `case when v.source ->> 'adminId' is null then 'customer_initiated' else 'admin_initiated' end`,
    deliveredAs,
  ),
  subject: field(
    'text',
    `coalesce(v.source ->> 'subject', '')`,
    (one) => one.source?.subject ?? '',
  ),
  body: {
    type: 'words',
    sql: 'p.body',
    within: `conversation_parts p where v.source ->> 'hasMessage' is not null
      and p.workspace_id = v.workspace_id and p.conversation_id = v.id and p.position = 1
      and p.body is not null and not p.is_redacted`,
    read: ({ sourceBody }) => sourceBody,
  },
  url: emptyText,
  'author.id': {
    type: 'text',
    sql: `coalesce(v.source ->> 'adminId', a.id)`,
    person: 'author id',
    read: ({ author }) => author.id,
  },
  'author.type': {
    type: 'text',
    sql: `case when v.source ->> 'adminId' is null then a.role else 'admin' end`,
    read: ({ author }) => author.type,
  },
  'author.name': {
    type: 'text',
    sql: 'coalesce(d.name, a.name)',
    read: ({ author }) => author.name,
  },
  'author.email': {
    type: 'text',
    ignoresCase: true,
    sql: 'coalesce(d.email, a.email)',
    folded: 'coalesce(fold_case(d.email), a.email_key)',
    person: 'author email',
    read: ({ author }) => author.email,
  },
};

const below = (prefix: string, fields: Readonly<Record<string, Field>>): [string, Field][] =>
  Object.entries(fields).map(([name, one]) => [`${prefix}.${name}`, one]);

const ownFields: Readonly<Record<string, Field>> = {
  id: field('id', 'v.id', (one) => String(one.id)),
  title: field('text', 'v.title', (one) => one.title),
  created_at: time('created_at', (one) => one.createdAt),
  updated_at: {
    ...time('updated_at', (one) => one.updatedAt),
    coarse: { sql: 'v.updated_slot', unitSeconds: 600 },
  },
  waiting_since: time('waiting_since', (one) => one.waitingSince),
  snoozed_until: time('snoozed_until', (one) => one.snoozedUntil),
  open: field('boolean', `v.state = any('{open,snoozed}')`, (one) => one.state !== 'closed'),
  read: field('boolean', 'v.is_read', (one) => one.isRead),
  state: field('text', 'v.state', (one) => one.state),
  priority: field(
    'text',
    `case when v.is_priority then 'priority' else 'not_priority' end`,
    (one) => (one.isPriority ? 'priority' : 'not_priority'),
  ),
  admin_assignee_id: field('number', 'v.admin_assignee_id', (one) => one.adminAssigneeId),
  team_assignee_id: field('number', 'v.team_assignee_id', (one) => one.teamAssigneeId),
  contact_ids: {
    person: 'member',
    ...field(
      'list',
      `array(select coalesce(m.merged_into, m.id) from contacts m
      where m.workspace_id = v.workspace_id and m.id = any(array_prepend(v.contact_id, v.other_contact_ids)))`,
      (one) => [one.contactId, ...one.otherContactIds],
    ),
  },
  teammate_ids: {
    type: 'list',
    person: 'teammate',
    sql: `array(select p.author_id from conversation_parts p
      where p.workspace_id = v.workspace_id and p.conversation_id = v.id and p.author_type = 'admin'
      union select v.admin_assignee_id::text where v.admin_assignee_id is not null)`,
    read: ({ teammateIds }) => teammateIds,
  },
  tag_ids: {
    keyed: { keys, kind: 'tag' },
    ...field(
      'list',
      `array(select t.id::text from tags t where t.workspace_id = v.workspace_id and t.id = any(v.tag_ids))`,
      (one) => one.tagIds.map(String),
    ),
  },
  channel_initiated: constant('text', 'custom_channel', `'custom_channel'::text`),
  ai_agent_participated: constant('boolean', false, 'false'),
};

/** What was said: a field of ours, since a conversation that an event began has no text of its own (contract row 48). */
const bodies: Field = {
  type: 'words',
  sql: 'p.body',
  within: `conversation_parts p where p.workspace_id = v.workspace_id and p.conversation_id = v.id
    and p.body is not null and not p.is_redacted`,
  read: (searched) => searched.bodies,
};

/** The fields that Parley keeps nothing for. */
const emptyFields: readonly [string, Field][] = [
  ['conversation_rating.requested_at', emptyTime],
  ['conversation_rating.replied_at', emptyTime],
  ['conversation_rating.score', emptyNumber],
  ['conversation_rating.remark', emptyText],
  ['conversation_rating.contact_id', emptyText],
  ['conversation_rating.admin_id', emptyText],
  // The published table spells it so.
  ['conversation_rating.admin_d', emptyText],
  ['ai_agent.resolution_state', emptyText],
  ['ai_agent.last_answer_type', emptyText],
  ['ai_agent.rating', emptyNumber],
  ['ai_agent.rating_remark', emptyText],
  ['ai_agent.source_type', emptyText],
  ['ai_agent.source_title', emptyText],
];

/** Conversations: `<` and `>` hold for equal values too (contract G 1). */
export const conversationTable: StoredTable<SearchedConversation> = {
  semantics: { isInclusive: true, comparesDays: false },
  fields: new Map([
    ...Object.entries(ownFields),
    ...below('source', source),
    ...below('statistics', statistics),
    ['conversation_parts.body', bodies],
    ...emptyFields,
  ]),
  families: [
    {
      prefix: 'custom_attributes.',
      sql: 'v.custom_attributes',
      keyed: { keys, kind: 'attribute' },
      read: ({ conversation }, name) => own(conversation.customAttributes, name),
    },
  ],
};

const own = (attributes: { readonly [name: string]: Json }, name: string): Json =>
  Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : null;
