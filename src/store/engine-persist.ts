// The engine's one writing statement: all that a group of signals changed, all or nothing. One statement is one
// transaction: no BEGIN, no COMMIT, two round trips a group in all.
//
// It stores nothing and fails if anybody was there first: a twin event, contact or conversation breaks a unique index,
// a row changed since it was read breaks the version guard. The caller then loads and decides again.

import type { Contact, Conversation } from '../core/model.ts';
import type { Outcome } from '../core/transition.ts';
import type { Pool } from '../database/pool.ts';
import { each, effectPieces, inOrder, type Piece } from './engine-persist-effects.ts';
import { runStatement } from './run-statement.ts';

export type EventRow = {
  readonly workspaceId: number;
  readonly eventId: string;
  /** Hex. */
  readonly contentHash: string;
  readonly conversationId: number;
  readonly contactId: string;
  readonly signalNumber: number;
  readonly receivedAt: number;
};

/** A row to write, over the version that was read; 0 for a new one. */
export type Write<Row> = Row & {
  readonly workspaceId: number;
  readonly readVersion: number;
  readonly signalNumber: number;
};

export type GroupWrite = {
  readonly events: readonly EventRow[];
  readonly contacts: readonly Write<Contact>[];
  readonly conversations: readonly Write<Conversation & { readonly channelId: number }>[];
  /** What each accepted signal made besides, in order. */
  readonly outcomes: readonly SignalOutcome[];
};

export type SignalOutcome = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly signalNumber: number;
  readonly receivedAt: number;
  readonly outcome: Outcome;
};

const isNew = (row: { readonly readVersion: number }) => row.readVersion === 0;
const isKnown = (row: { readonly readVersion: number }) => row.readVersion > 0;

const insertContacts = `
  insert into contacts as c
    (workspace_id, id, role, external_id, name, email, phone, custom_attributes, signed_up_at,
     last_replied_at, archived_at, blocked_at, created_at, updated_at, created_by_signal, version)
  select "workspaceId", id, role, "externalId", name, email, phone, "customAttributes",
    from_ms("signedUpAt"), from_ms("lastRepliedAt"), from_ms("archivedAt"), from_ms("blockedAt"),
    from_ms("createdAt"), from_ms("updatedAt"), "signalNumber", "readVersion" + 1
  from json_to_recordset($) as r(
    "workspaceId" bigint, id text, role text, "externalId" text, name text, email text, phone text,
    "customAttributes" jsonb, "signedUpAt" bigint, "lastRepliedAt" bigint, "archivedAt" bigint,
    "blockedAt" bigint, "createdAt" bigint, "updatedAt" bigint, "signalNumber" bigint, "readVersion" int)`;

const insertConversations = `
  insert into conversations as v
    (workspace_id, id, channel_id, external_id, contact_id, other_contact_ids, state, is_read,
     is_priority, title, admin_assignee_id, team_assignee_id, custom_attributes, waiting_since,
     snoozed_until, first_contact_reply_at, last_contact_reply_at, count_reopens, part_count,
     tag_ids, run, held_by_admin_id, event_count, signal_count, wake_at,
     created_at, updated_at, created_by_signal, version)
  select "workspaceId", id, "channelId", "externalId", "contactId", "otherContactIds", state, "isRead",
    "isPriority", title, "adminAssigneeId", "teamAssigneeId", "customAttributes",
    from_ms("waitingSince"), from_ms("snoozedUntil"), from_ms("firstContactReplyAt"),
    from_ms("lastContactReplyAt"), "countReopens", "partCount", "tagIds", run, "heldByAdminId",
    "eventCount", "signalCount", from_ms("wakeAt"), from_ms("createdAt"),
    from_ms("updatedAt"), "signalNumber", "readVersion" + 1
  from json_to_recordset($) as r(
    "workspaceId" bigint, id bigint, "channelId" bigint, "externalId" text, "contactId" text,
    "otherContactIds" text[], state text, "isRead" boolean, "isPriority" boolean, title text,
    "adminAssigneeId" bigint, "teamAssigneeId" bigint, "customAttributes" jsonb,
    "waitingSince" bigint, "snoozedUntil" bigint, "firstContactReplyAt" bigint,
    "lastContactReplyAt" bigint, "countReopens" int, "partCount" int, "tagIds" bigint[], run jsonb,
    "heldByAdminId" bigint, "eventCount" int, "signalCount" int, "wakeAt" bigint, "createdAt" bigint,
    "updatedAt" bigint, "signalNumber" bigint, "readVersion" int)`;

// Known rows are written by `on conflict` on the primary key: it always goes through that index, whatever the planner
// believes about the size of a young table. New ones are not: a plain insert costs a fifth less.
const pieces: readonly Piece[] = [
  {
    isUpdate: false,
    rowsOf: (group) => inOrder(group.events, (row) => row.eventId),
    cte: `new_events as (
  insert into channel_events
    (workspace_id, event_id, content_hash, conversation_id, contact_id, signal_number, received_at)
  select "workspaceId", "eventId", decode("contentHash", 'hex'), "conversationId", "contactId",
    "signalNumber", from_ms("receivedAt")
  from json_to_recordset($) as r(
    "workspaceId" bigint, "eventId" text, "contentHash" text, "conversationId" bigint,
    "contactId" text, "signalNumber" bigint, "receivedAt" bigint))`,
  },
  {
    isUpdate: false,
    rowsOf: (group) => inOrder(group.contacts.filter(isNew), (row) => row.externalId),
    cte: `new_contacts as (${insertContacts})`,
  },
  {
    isUpdate: true,
    rowsOf: (group) => inOrder(group.contacts.filter(isKnown), (row) => row.id),
    cte: `known_contacts as (${insertContacts}
  on conflict (workspace_id, id) do update set
    role = excluded.role, name = excluded.name, email = excluded.email, phone = excluded.phone,
    custom_attributes = excluded.custom_attributes, signed_up_at = excluded.signed_up_at,
    last_replied_at = excluded.last_replied_at, archived_at = excluded.archived_at,
    blocked_at = excluded.blocked_at, updated_at = excluded.updated_at, version = excluded.version
  where c.version = excluded.version - 1
  returning c.xmax <> 0 as was_there)`,
  },
  {
    isUpdate: false,
    rowsOf: (group) => inOrder(group.conversations.filter(isNew), (row) => row.externalId),
    cte: `new_conversations as (${insertConversations})`,
  },
  {
    isUpdate: true,
    rowsOf: (group) => inOrder(group.conversations.filter(isKnown), (row) => row.id),
    cte: `known_conversations as (${insertConversations}
  on conflict (workspace_id, id) do update set
    contact_id = excluded.contact_id, other_contact_ids = excluded.other_contact_ids,
    state = excluded.state, is_read = excluded.is_read, is_priority = excluded.is_priority,
    title = excluded.title, admin_assignee_id = excluded.admin_assignee_id,
    team_assignee_id = excluded.team_assignee_id, custom_attributes = excluded.custom_attributes,
    waiting_since = excluded.waiting_since, snoozed_until = excluded.snoozed_until,
    first_contact_reply_at = excluded.first_contact_reply_at,
    last_contact_reply_at = excluded.last_contact_reply_at, count_reopens = excluded.count_reopens,
    part_count = excluded.part_count, tag_ids = excluded.tag_ids, run = excluded.run,
    held_by_admin_id = excluded.held_by_admin_id, event_count = excluded.event_count,
    signal_count = excluded.signal_count, wake_at = excluded.wake_at,
    updated_at = excluded.updated_at, version = excluded.version
  where v.version = excluded.version - 1 and v.deleted_at is null
  returning v.xmax <> 0 as was_there)`,
  },
  {
    isUpdate: false,
    rowsOf: (group) => each(group, ({ outcome }) => outcome.parts),
    cte: `new_parts as (
  insert into conversation_parts
    (workspace_id, conversation_id, position, id, part_type, body, author_type, author_id, external_id,
     metadata, event_details, state, assigned_to, created_at, created_by_signal)
  select "workspaceId", "conversationId", position, id, "partType", body, author ->> 'type',
    author ->> 'id', "externalId", metadata, "eventDetails", state, "assignedTo", from_ms("createdAt"), "signalNumber"
  from json_to_recordset($) as r(
    "workspaceId" bigint, "conversationId" bigint, position int, id bigint, "partType" text, body text,
    author json, "externalId" text, metadata jsonb, "eventDetails" jsonb, state text,
    "assignedTo" jsonb, "createdAt" bigint, "signalNumber" bigint))`,
  },
  ...effectPieces,
];

/** Writes a group. Resolves when it is committed. */
export async function persistGroup(pool: Pool, group: GroupWrite): Promise<void> {
  const ctes: string[] = [];
  const counts: string[] = [];
  const values: unknown[] = [];
  let name = 'engine_persist';
  let updates = 0;
  // Only what the group has: setting up an insert of no rows costs as much as writing one.
  for (const [index, { cte, isUpdate, rowsOf }] of pieces.entries()) {
    const rows = rowsOf(group);
    if (rows.length === 0) continue;
    values.push(asJson(rows));
    name += `_${index}`;
    ctes.push(cte.replace('($)', `($${values.length})`));
    if (!isUpdate) continue;
    counts.push(`(select count(*) from ${cte.slice(0, cte.indexOf(' '))} where was_there)`);
    updates += rows.length;
  }
  // A signal may find that there is nothing to do: a timer that another server was faster with, for example.
  if (ctes.length === 0) return;
  let text = `with\n${ctes.join(',\n')}\n`;
  if (counts.length === 0) {
    text += 'select';
  } else {
    values.push(updates);
    text += `select assert_written($${values.length}::int, ${counts.join(' + ')})`;
  }
  await runStatement(pool, { name, text, values });
}

/** Without the nulls: what is absent is null there too, and most of a young row is null. */
function asJson(rows: readonly object[]): string {
  return JSON.stringify(rows.map((row) => givenColumns(row as Readonly<Record<string, unknown>>)));
}

function givenColumns(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const column in row) {
    const value = row[column];
    if (value !== null) given[column] = value;
  }
  return given;
}
