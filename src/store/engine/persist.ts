// The engine's one writing statement: all changes of a group of signals, all or nothing. One statement is one
// transaction: no BEGIN, no COMMIT, two round trips per group in all.
//
// Writes are optimistic: a concurrent insert of the same event, contact or conversation violates a unique index, and a
// concurrent update fails the check of the row version. Then nothing is stored, and the caller loads and decides again.

import { limits } from '../../base/limits.ts';
import type { Contact, Conversation } from '../../core/model/model.ts';
import type { Pool } from '../../database/pool.ts';
import {
  bigint,
  bigintList,
  boolean,
  type Columns,
  ColumnWriter,
  hexBytes,
  integer,
  json,
  jsonb,
  numbered,
  text,
  textList,
  timestamptz,
} from '../sql/column-arrays.ts';
import { runStatement } from '../sql/run-statement.ts';
import type {
  AuditRow,
  ContactWrite,
  ConversationWrite,
  EffectRow,
  EmailGuard,
  EventRow,
  GroupWrite,
  InboxChange,
  PresentContact,
  Write,
} from './group-write.ts';
import { deletionPieces } from './persist-deletion.ts';
import { effectPieces } from './persist-effects.ts';
import { inOrder, type Piece, piece } from './persist-piece.ts';

const isNew = (row: { readonly readVersion: number }) => row.readVersion === 0;
const isKnown = (row: { readonly readVersion: number }) => row.readVersion > 0;

const contactColumns: Columns<ContactWrite> = {
  workspace_id: bigint((row) => row.workspaceId),
  id: text((row) => row.id),
  role: text((row) => row.role),
  external_id: text((row) => row.externalId),
  name: text((row) => row.name),
  email: text((row) => row.email),
  phone: text((row) => row.phone),
  tag_ids: bigintList((row) => row.tagIds),
  custom_attributes: jsonb((row) => row.customAttributes),
  signed_up_at: timestamptz((row) => row.signedUpAt),
  last_replied_at: timestamptz((row) => row.lastRepliedAt),
  archived_at: timestamptz((row) => row.archivedAt),
  blocked_at: timestamptz((row) => row.blockedAt),
  created_at: timestamptz((row) => row.createdAt),
  updated_at: timestamptz((row) => row.updatedAt),
  created_by_signal: bigint((row) => row.signalNumber),
  version: integer((row) => row.readVersion + 1),
};

/** The columns of a contact that the REST API wrote. */
const rewrittenColumns: Columns<ContactWrite> = {
  ...contactColumns,
  profile: jsonb((row) => row.profile),
  merged_into: text((row) => row.rewrite!.mergedInto),
  deleted_at: timestamptz((row) => row.rewrite!.deletedAt),
};

const emailGuardColumns: Columns<EmailGuard> = {
  workspace_id: bigint((row) => row.workspaceId),
  email_hash: hexBytes((row) => row.hash),
  signal_number: bigint((row) => row.signalNumber),
};

const conversationColumns: Columns<ConversationWrite> = {
  workspace_id: bigint((row) => row.workspaceId),
  id: bigint((row) => row.id),
  channel_id: bigint((row) => row.channelId),
  external_id: text((row) => row.externalId),
  contact_id: text((row) => row.contactId),
  other_contact_ids: textList((row) => row.otherContactIds),
  source: jsonb((row) => row.source),
  state: text((row) => row.state),
  is_read: boolean((row) => row.isRead),
  is_priority: boolean((row) => row.isPriority),
  title: text((row) => row.title),
  admin_assignee_id: bigint((row) => row.adminAssigneeId),
  team_assignee_id: bigint((row) => row.teamAssigneeId),
  custom_attributes: jsonb((row) => row.customAttributes),
  waiting_since: timestamptz((row) => row.waitingSince),
  snoozed_until: timestamptz((row) => row.snoozedUntil),
  first_contact_reply_at: timestamptz((row) => row.firstContactReplyAt),
  last_contact_reply_at: timestamptz((row) => row.lastContactReplyAt),
  count_reopens: integer((row) => row.countReopens),
  // Null represents unchanged statistics.
  statistics: jsonb((row) => (row.hasSameStatistics ? null : row.statistics)),
  part_count: integer((row) => row.partCount),
  tag_ids: bigintList((row) => row.tagIds),
  run: json((row) => row.run),
  held_by_admin_id: bigint((row) => row.heldByAdminId),
  event_count: integer((row) => row.eventCount),
  signal_count: integer((row) => row.signalCount),
  wake_at: timestamptz((row) => row.wakeAt),
  created_at: timestamptz((row) => row.createdAt),
  updated_at: timestamptz((row) => row.updatedAt),
  created_by_signal: bigint((row) => row.signalNumber),
  version: integer((row) => row.readVersion + 1),
};

const asTheyWere = { toJSON: () => null };

/**
 * JSON's null represents unchanged attributes: the row keeps its attributes, which may be large, and PostgreSQL does
 * not even read them.
 */
const knownAttributes = {
  custom_attributes: jsonb<Write<Contact | Conversation>>((row) =>
    row.hasSameAttributes ? asTheyWere : row.customAttributes,
  ),
};
const knownRewrittenColumns = { ...rewrittenColumns, ...knownAttributes };
const knownContactColumns = { ...contactColumns, ...knownAttributes };
const knownConversationColumns = { ...conversationColumns, ...knownAttributes };

/** The columns that never change; all others are overwritten. */
const kept = ['workspace_id', 'id', 'channel_id', 'external_id', 'created_at', 'created_by_signal'];

/**
 * Writes the assignments that overwrite a row.
 * @param table the alias of the table.
 * @param besides one of the columns that usually never change.
 */
const overwritten = (table: string, columns: object, besides?: string): string =>
  Object.keys(columns)
    .filter((name) => name === besides || !kept.includes(name))
    .map((name) => `${name} = ${overwritingValue(table, name)}`)
    .join(', ');

function overwritingValue(table: string, name: string): string {
  switch (name) {
    case 'custom_attributes':
      return `case when excluded.${name} = 'null' then ${table}.${name} else excluded.${name} end`;
    case 'statistics':
      return `coalesce(excluded.${name}, ${table}.${name})`;
    default:
      return `excluded.${name}`;
  }
}

type Shape = Parameters<Parameters<typeof piece>[0]['sql']>[0];

const overwriteConversations = ({ names, rows }: Shape, besides?: string): string =>
  `insert into conversations as v (${names}) select ${rows}
  on conflict (workspace_id, id) do update set ${overwritten('v', conversationColumns, besides)}
  where v.version = excluded.version - 1 and v.deleted_at is null
  returning v.xmax <> 0 as was_there`;

/** Pieces of the statement that only writes of the REST API need. */
const contactPieces: readonly Piece[] = [
  piece({
    name: 'created_contacts',
    rowsOf: (group) =>
      inOrder(
        group.contacts.filter((row) => isNew(row) && row.rewrite !== null),
        (row) => row.externalId,
      ),
    columns: rewrittenColumns,
    sql: ({ names, rows }) => `insert into contacts (${names}) select ${rows}`,
  }),
  piece({
    name: 'rewritten_contacts',
    isUpdate: true,
    rowsOf: (group) =>
      inOrder(
        group.contacts.filter((row) => isKnown(row) && row.rewrite !== null),
        (row) => row.id,
      ),
    columns: knownRewrittenColumns,
    sql: ({ names, rows }) => `insert into contacts as c (${names}) select ${rows}
  on conflict (workspace_id, id) do update set ${overwritten('c', rewrittenColumns, 'external_id')}
  where c.version = excluded.version - 1
  returning c.xmax <> 0 as was_there`,
  }),
  piece<ContactWrite>({
    // The external ids of leads that were merged into a deleted contact are free, too.
    name: 'deleted_leads',
    rowsOf: (group) => group.contacts.filter(({ rewrite }) => rewrite?.deletedAt != null),
    columns: {
      workspace_id: bigint((row) => row.workspaceId),
      id: text((row) => row.id),
      deleted_at: timestamptz((row) => row.rewrite!.deletedAt),
    },
    sql: ({ rows }) => `update contacts as c
  set external_id = null, deleted_at = r.deleted_at, version = c.version + 1
  from (select ${rows}) as r
  where c.workspace_id = r.workspace_id and c.merged_into = r.id`,
  }),
  piece<ContactWrite>({
    // jobs/removals.ts goes on from here.
    name: 'new_erasures',
    rowsOf: (group) => group.contacts.filter(({ rewrite }) => rewrite?.deletedAt != null),
    columns: {
      workspace_id: bigint((row) => row.workspaceId),
      contact_id: text((row) => row.id),
    },
    sql: ({ names, rows }) => `insert into erasures (${names}, requested_at, due_at)
  select ${rows}, now(), now() + ${limits.erasureDelayMs} * interval '1 ms'`,
  }),
  piece<EmailGuard>({
    name: 'new_email_guards',
    rowsOf: (group) => group.emailGuards.filter(({ readNumber }) => readNumber === 0),
    columns: emailGuardColumns,
    sql: ({ names, rows }) => `insert into email_guards (${names}) select ${rows}`,
  }),
  piece<EmailGuard>({
    name: 'known_email_guards',
    isUpdate: true,
    rowsOf: (group) => group.emailGuards.filter(({ readNumber }) => readNumber > 0),
    columns: { ...emailGuardColumns, read_number: bigint((row) => row.readNumber) },
    sql: ({
      rows,
    }) => `update email_guards as g set signal_number = r.signal_number, given_at = now()
  from (select ${rows}) as r
  where g.workspace_id = r.workspace_id and g.email_hash = r.email_hash
    and g.signal_number = r.read_number
  returning true as was_there`,
  }),
];

// Existing rows are written by `on conflict` on the primary key: it always uses that index, whatever the planner
// estimates for a new table. New rows use a plain insert, which costs a fifth less.
const pieces: readonly Piece[] = [
  piece<EventRow>({
    name: 'new_events',
    rowsOf: (group) => inOrder(group.events, (row) => row.eventId),
    columns: {
      workspace_id: bigint((row) => row.workspaceId),
      event_id: text((row) => row.eventId),
      content_hash: hexBytes((row) => row.contentHash),
      conversation_id: bigint((row) => row.conversationId),
      contact_id: text((row) => row.contactId),
      signal_number: bigint((row) => row.signalNumber),
      received_at: timestamptz((row) => row.receivedAt),
    },
    sql: ({ names, rows }) => `insert into channel_events (${names}) select ${rows}`,
  }),
  piece({
    name: 'new_contacts',
    rowsOf: (group) =>
      inOrder(
        group.contacts.filter((row) => isNew(row) && row.rewrite === null),
        (row) => row.externalId,
      ),
    columns: contactColumns,
    sql: ({ names, rows }) => `insert into contacts (${names}) select ${rows}`,
  }),
  piece({
    name: 'known_contacts',
    isUpdate: true,
    rowsOf: (group) =>
      inOrder(
        group.contacts.filter((row) => isKnown(row) && row.rewrite === null),
        (row) => row.id,
      ),
    columns: knownContactColumns,
    sql: ({ names, rows }) => `insert into contacts as c (${names}) select ${rows}
  on conflict (workspace_id, id) do update set ${overwritten('c', contactColumns)}
  where c.version = excluded.version - 1
  returning c.xmax <> 0 as was_there`,
  }),
  ...contactPieces,
  piece<PresentContact>({
    // The lock makes a block, a merge or a deletion wait, so that it finds the conversation afterwards.
    name: 'present_contacts',
    isUpdate: true,
    rowsOf: (group) => inOrder(group.presentContacts, (row) => row.id),
    columns: { workspace_id: bigint((row) => row.workspaceId), id: text((row) => row.id) },
    sql: ({ rows }) => `select true as was_there from (select ${rows}) as r
  cross join lateral (
    select from contacts
    where workspace_id = r.workspace_id and id = r.id
      and blocked_at is null and deleted_at is null and merged_into is null
    limit 1 for share) as present`,
  }),
  piece({
    name: 'new_conversations',
    rowsOf: (group) => inOrder(group.conversations.filter(isNew), (row) => row.externalId),
    columns: conversationColumns,
    sql: ({ names, rows }) => `insert into conversations (${names}) select ${rows}`,
  }),
  piece({
    name: 'known_conversations',
    isUpdate: true,
    rowsOf: (group) =>
      inOrder(
        group.conversations.filter((row) => isKnown(row) && !row.isDeleted && !row.isRenamed),
        (row) => row.id,
      ),
    columns: knownConversationColumns,
    sql: (shape) => overwriteConversations(shape),
  }),
  piece({
    name: 'renamed_conversations',
    isUpdate: true,
    rowsOf: (group) =>
      inOrder(
        group.conversations.filter(({ isRenamed }) => isRenamed),
        (row) => row.id,
      ),
    columns: knownConversationColumns,
    sql: (shape) => overwriteConversations(shape, 'external_id'),
  }),
  ...deletionPieces,
  piece<AuditRow>({
    name: 'new_audit',
    rowsOf: (group) => group.audit,
    columns: {
      workspace_id: bigint((row) => row.workspaceId),
      actor_type: text((row) => row.actor.type),
      actor_id: text((row) => row.actor.id),
      action: text((row) => row.action),
      object_type: text((row) => row.object.type),
      object_id: text((row) => row.object.id),
      related_id: text((row) => row.relatedId),
      token_id: bigint((row) => row.origin?.tokenId ?? null),
      source: text((row) => row.origin?.source ?? null),
      created_at: timestamptz((row) => row.at),
    },
    sql: ({ names, rows }) => `insert into audit_log (${names}) select ${rows}`,
  }),
  piece<EffectRow>({
    name: 'new_effects',
    rowsOf: (group) => inOrder(group.effects, (row) => row.keyId),
    columns: {
      workspace_id: bigint((row) => row.workspaceId),
      key_id: bigint((row) => row.keyId),
      step: text((row) => row.step),
      conversation_id: bigint((row) => row.conversationId),
      contact_id: text((row) => row.contactId),
    },
    sql: ({ names, rows }) => `insert into idempotency_effects (${names}) select ${rows}`,
  }),
  ...effectPieces,
  piece<InboxChange>({
    name: 'new_inbox_changes',
    rowsOf: (group) => group.inboxChanges,
    columns: {
      workspace_id: bigint((row) => row.workspaceId),
      conversation_ids: bigintList((row) => row.conversationIds),
      versions: bigintList((row) => row.versions),
      kinds: bigintList((row) => row.kinds),
    },
    sql: ({ names, rows }) => `insert into inbox_changes (${names}, position)
  select ${rows}, (select next_position())`,
  }),
];

/** Writes a group. Resolves when it is committed. */
export async function persistGroup(pool: Pool, group: GroupWrite): Promise<void> {
  await ColumnWriter.lend(async (writer) => {
    const values: unknown[] = [];
    let updates = 0;
    // Only the pieces that have rows: setting up an insert of none costs as much as writing one.
    const present = pieces.filter(({ isUpdate, parametersOf }) => {
      const count = parametersOf(group, writer, values);
      if (isUpdate) updates += count;
      return count > 0;
    });
    // A signal may have nothing to do, such as a timer that another server has already fired.
    if (values.length === 0) return;
    if (updates > 0) values.push(updates);
    await runStatement(pool, { ...statementOf(present), values });
  });
}

type Statement = { readonly name: string; readonly text: string };

const statements = new Map<string, Statement>();

/** Returns the statement that writes these pieces, built once and prepared by its name. */
function statementOf(present: readonly Piece[]): Statement {
  const key = present.map(({ name }) => name).join();
  const known = statements.get(key);
  if (known !== undefined) return known;
  const queries = present.map(({ name, sql }) => `${name} as (${sql})`).join(',\n');
  const counts = present
    .filter(({ isUpdate }) => isUpdate)
    .map(({ name }) => `(select count(*) from ${name} where was_there)`);
  const check = counts.length === 0 ? '' : `assert_written($::int4, ${counts.join(' + ')})`;
  // Names of statements have at most 63 characters.
  const name = `engine_persist_${statements.size}`;
  const made = { name, text: numbered(`with\n${queries}\nselect ${check}`) };
  statements.set(key, made);
  return made;
}
