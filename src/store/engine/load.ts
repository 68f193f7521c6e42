// The engine's one reading statement: all rows that a group of signals touches, in one round trip. Reads without locks;
// persist.ts detects rows that have changed since.

import type { EmailHolder } from '../../core/contact/write-contact.ts';
import type { OfferedOption } from '../../core/conversation/contact-reply.ts';
import type { EffectKey } from '../../core/model/effect-key.ts';
import type { Contact, Conversation, DataAttribute } from '../../core/model/model.ts';
import type { Pool } from '../../database/pool.ts';
import {
  bigint,
  type Columns,
  ColumnWriter,
  hexBytes,
  integer,
  numbered,
  sqlOf,
  text,
} from '../sql/column-arrays.ts';
import { runStatement } from '../sql/run-statement.ts';

export type EventKey = { readonly workspaceId: number; readonly eventId: string };
export type ContactKey = { readonly workspaceId: number; readonly externalId: string };
/** A contact by Parley's id; `slot` is its index among the contacts, after those that are found by external id. */
export type ContactIdKey = { readonly workspaceId: number; readonly id: string };
/** An e-mail that a user may get. */
export type EmailKey = {
  readonly workspaceId: number;
  readonly email: string;
  /** The hash in hex, which names the guard of the e-mail. */
  readonly hash: string;
};
export type ConversationKey = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly externalId: string;
};
/** The contact of a conversation, with the slot of the conversation. */
export type OwnerKey = ConversationKey & { readonly slot: number };
export type OptionKey = ConversationKey & {
  readonly optionId: string;
  /** The position of the prompt that may have offered the option. */
  readonly promptPosition: number | null;
};
export type AttributeKey = ConversationKey & { readonly attributeId: string };

export type LoadKeys = {
  readonly events: readonly EventKey[];
  readonly contacts: readonly ContactKey[];
  readonly contactIds: readonly ContactIdKey[];
  readonly emails: readonly EmailKey[];
  readonly conversations: readonly ConversationKey[];
  readonly owners: readonly OwnerKey[];
  readonly options: readonly OptionKey[];
  readonly attributes: readonly AttributeKey[];
  readonly effects: readonly (EffectKey & { readonly workspaceId: number })[];
};

export type StoredEvent = {
  /** The hash in hex. */
  readonly contentHash: string;
  readonly conversationId: number;
  readonly contactId: string;
};

/** The result of a signal of a request with an idempotency key, from an earlier try. */
export type StoredEffect = { readonly conversationId: number; readonly contactId: string };

/** A row with the version at which it was read, which a later write checks. */
export type Versioned<Row> = { readonly row: Row; readonly version: number };

export type LoadedAttribute = {
  readonly isRequested: boolean;
  readonly definitions: readonly DataAttribute[];
};

/** The user who has an e-mail, and the number of the signal that last gave it to a user; 0: none. */
export type LoadedEmail = { readonly guard: number; readonly holder: EmailHolder | null };

/** The contact who began a conversation. */
export type LoadedOwner = Versioned<Contact> & {
  /** Of a conversation with several contacts: the ones that are neither blocked nor deleted. */
  readonly presentIds: readonly string[];
};

/** The rows found, by the slot of their key in LoadKeys; missing rows have no entry. */
export type Loaded = {
  readonly events: ReadonlyMap<number, StoredEvent>;
  readonly contacts: ReadonlyMap<number, Versioned<Contact>>;
  /** Contacts, with merges followed: the user that a lead has become. */
  readonly contactsById: ReadonlyMap<number, Versioned<Contact>>;
  /** Every requested e-mail. */
  readonly emails: ReadonlyMap<number, LoadedEmail>;
  readonly conversations: ReadonlyMap<number, Versioned<Conversation>>;
  /** Contacts of conversations, by the slot of the conversation. */
  readonly owners: ReadonlyMap<number, LoadedOwner>;
  readonly options: ReadonlyMap<number, OfferedOption>;
  readonly attributes: ReadonlyMap<number, LoadedAttribute>;
  readonly effects: ReadonlyMap<number, StoredEffect>;
};

/** A key with its slot: rows come back with the slot of their key. */
type Placed<Key> = { readonly key: Key; readonly place: number };

const placed = <Key>(keys: readonly Key[]): readonly Placed<Key>[] =>
  keys.map((key, place) => ({ key, place }));

const eventColumns: Columns<Placed<EventKey>> = {
  i: integer(({ place }) => place),
  w: bigint(({ key }) => key.workspaceId),
  e: text(({ key }) => key.eventId),
};

const contactColumns: Columns<Placed<ContactKey>> = {
  i: integer(({ place }) => place),
  w: bigint(({ key }) => key.workspaceId),
  x: text(({ key }) => key.externalId),
};

const contactIdColumns: Columns<Placed<ContactIdKey>> = {
  i: integer(({ place }) => place),
  w: bigint(({ key }) => key.workspaceId),
  c: text(({ key }) => key.id),
};

const emailColumns: Columns<Placed<EmailKey>> = {
  i: integer(({ place }) => place),
  w: bigint(({ key }) => key.workspaceId),
  m: text(({ key }) => key.email),
  h: hexBytes(({ key }) => key.hash),
};

const conversationColumns: Columns<Placed<ConversationKey>> = {
  i: integer(({ place }) => place),
  w: bigint(({ key }) => key.workspaceId),
  ch: bigint(({ key }) => key.channelId),
  x: text(({ key }) => key.externalId),
};

const optionColumns: Columns<Placed<OptionKey>> = {
  ...conversationColumns,
  o: text(({ key }) => key.optionId),
  p: integer(({ key }) => key.promptPosition),
};

const attributeColumns: Columns<Placed<AttributeKey>> = {
  ...conversationColumns,
  a: text(({ key }) => key.attributeId),
};

const ownerColumns: Columns<Placed<OwnerKey>> = {
  ...conversationColumns,
  s: integer(({ key }) => key.slot),
};

const effectColumns: Columns<Placed<LoadKeys['effects'][number]>> = {
  i: integer(({ place }) => place),
  w: bigint(({ key }) => key.workspaceId),
  n: bigint(({ key }) => key.keyId),
  s: text(({ key }) => key.step),
};

const keysOf = <Key>(columns: Columns<Placed<Key>>): string =>
  `(select ${sqlOf(columns).rows}) as k`;

// Every part walks over the keys with one index lookup for each (`lateral … limit 1` leaves the planner no choice), so
// its cost depends on the group and not on the size of the tables.
//
// The planner must not choose the index by guesses about a new table: until the first ANALYZE it may prefer the primary
// key with a filter, and then each lookup would scan the whole workspace. So an external id is selected in the order of
// its index, which the primary key could provide only with a sort, and enginePlanner forbids sorts. `between` with
// equal ends, because after `=` the order would be redundant.
const conversationNamedByKey = (columns: string) => `
       select ${columns} from conversations
       where workspace_id = k.w and channel_id = k.ch and external_id between k.x and k.x
         and deleted_at is null
       order by external_id limit 1`;

const contactObject = `json_build_object(
       'id', c.id, 'role', c.role, 'externalId', c.external_id, 'name', c.name, 'email', c.email,
       'phone', c.phone, 'profile', c.profile, 'tagIds', c.tag_ids, 'customAttributes', c.custom_attributes,
       'signedUpAt', ms(c.signed_up_at), 'lastRepliedAt', ms(c.last_replied_at), 'archivedAt', ms(c.archived_at),
       'blockedAt', ms(c.blocked_at), 'createdAt', ms(c.created_at), 'updatedAt', ms(c.updated_at))`;

const loadSql = `
select
  (select json_agg(json_build_array(k.i, encode(e.content_hash, 'hex'), e.conversation_id, e.contact_id))
     from ${keysOf(eventColumns)}
     cross join lateral (
       select * from channel_events
       where workspace_id = k.w and event_id = k.e limit 1) as e) as events,
  (select json_agg(json_build_array(k.i, c.version, ${contactObject}))
     from ${keysOf(contactColumns)}
     cross join lateral (
       select id, merged_into from contacts
       where workspace_id = k.w and external_id between k.x and k.x
       order by external_id limit 1) as named
     cross join lateral (
       -- Not coalesce(): under row-level security the planner trusts it too little to look it up in an index.
       select * from contacts
       where workspace_id = k.w
         and id = case when named.merged_into is null then named.id else named.merged_into end
       limit 1) as c) as contacts,
  (select json_agg(json_build_array(k.i, v.version, json_build_object(
       'id', v.id, 'externalId', v.external_id,
       'contactId', coalesce(
         (select merged_into from contacts where workspace_id = k.w and id = v.contact_id), v.contact_id),
       'otherContactIds', case when v.other_contact_ids = '{}' then '{}' else (
         select coalesce(array_agg(m.id), '{}') from unnest(v.other_contact_ids) as o(id)
         cross join lateral (
           select coalesce(merged_into, id) as id from contacts
           where workspace_id = k.w and id = o.id and deleted_at is null limit 1) as m) end,
       'source', v.source, 'state', v.state, 'isRead', v.is_read,
       'isPriority', v.is_priority, 'title', v.title, 'adminAssigneeId', v.admin_assignee_id,
       'teamAssigneeId', v.team_assignee_id, 'customAttributes', v.custom_attributes,
       'waitingSince', ms(v.waiting_since), 'snoozedUntil', ms(v.snoozed_until),
       'firstContactReplyAt', ms(v.first_contact_reply_at),
       'lastContactReplyAt', ms(v.last_contact_reply_at), 'countReopens', v.count_reopens,
       'statistics', coalesce(v.statistics, '{}'),
       'partCount', v.part_count, 'tagIds', v.tag_ids, 'run', v.run,
       'heldByAdminId', v.held_by_admin_id, 'eventCount', v.event_count,
       'signalCount', v.signal_count, 'wakeAt', ms(v.wake_at),
       'createdAt', ms(v.created_at), 'updatedAt', ms(v.updated_at))))
     from ${keysOf(conversationColumns)}
     cross join lateral (${conversationNamedByKey('*')}) as v) as conversations`;

/**
 * The statement with the parts for quick replies, attributes and signals other than events: most groups have none of
 * them, and setting these parts up costs a third of the whole.
 */
const loadWithPromptsSql = `${loadSql},
  (select json_agg(json_build_array(k.i, json_build_object('text', o.text, 'promptPosition', o.position)))
     from ${keysOf(optionColumns)}
     cross join lateral (${conversationNamedByKey('id')}) as v
     cross join lateral (
       (select text, null::int as position from quick_reply_options
        where workspace_id = k.w and conversation_id = v.id and option_id = k.o limit 1)
       union all
       (select offered ->> 'text', k.p
        from conversation_parts as p
        cross join lateral json_array_elements(p.metadata -> 'quick_reply_options') as offered
        where p.workspace_id = k.w and p.conversation_id = v.id and p.position = k.p
          and p.part_type = 'quick_reply' and p.author_type = 'bot' and offered ->> 'uuid' = k.o
        limit 1)
       limit 1) as o) as options,
  (select json_agg(json_build_array(k.i,
       exists (
         select from (${conversationNamedByKey('id')}) as v
         cross join lateral (
           select from attribute_requests
           where workspace_id = k.w and conversation_id = v.id and attribute_id = k.a limit 1) as r),
       coalesce((
         select json_agg(json_build_object(
           'model', d.model, 'name', d.name, 'dataType', d.data_type, 'options', d.options))
         from data_attributes d
         where d.workspace_id = k.w and d.name = k.a and d.model <> 'company' and not d.is_archived), '[]')))
     from ${keysOf(attributeColumns)}) as attributes,
  (select json_agg(json_build_array(k.s, c.version, ${contactObject},
       case when v.other_contact_ids = '{}' then '[]' else (
         select coalesce(json_agg(m.id), '[]') from unnest(v.other_contact_ids || v.contact_id) as o(id)
         cross join lateral (
           select coalesce(merged_into, id) as id from contacts
           where workspace_id = k.w and id = o.id and deleted_at is null and blocked_at is null
           limit 1) as m) end))
     from ${keysOf(ownerColumns)}
     cross join lateral (${conversationNamedByKey('contact_id, other_contact_ids')}) as v
     cross join lateral (
       select id, merged_into from contacts
       where workspace_id = k.w and id = v.contact_id limit 1) as named
     cross join lateral (
       select * from contacts
       where workspace_id = k.w
         and id = case when named.merged_into is null then named.id else named.merged_into end
       limit 1) as c) as owners`;

const userWithEmail = (condition: string) => `
       select id, archived_at is not null as is_archived from contacts
       where workspace_id = k.w and email_key between fold_case(k.m) and fold_case(k.m)
         and role = 'user' and ${condition}
       order by email_key limit 1`;

/** The statement with the parts for signals about contacts, which hardly any group has. */
const loadWithContactsSql = `${loadWithPromptsSql},
  (select json_agg(json_build_array(k.i, c.version, ${contactObject}))
     from ${keysOf(contactIdColumns)}
     cross join lateral (
       select id, merged_into from contacts
       where workspace_id = k.w and id = k.c limit 1) as named
     cross join lateral (
       select * from contacts
       where workspace_id = k.w
         and id = case when named.merged_into is null then named.id else named.merged_into end
         and deleted_at is null
       limit 1) as c) as contacts_by_id,
  (select json_agg(json_build_array(k.i, coalesce(g.signal_number, 0),
       case when h.id is not null then json_build_object('id', h.id, 'isArchived', h.is_archived) end))
     from ${keysOf(emailColumns)}
     left join lateral (
       select signal_number from email_guards
       where workspace_id = k.w and email_hash = k.h limit 1) as g on true
     left join lateral (
       (${userWithEmail('archived_at is null')})
       union all
       (${userWithEmail('archived_at is not null')})
       limit 1) as h on true) as emails`;

/** The load with stored effects, which only requests with an idempotency key need. */
const loadWithEffectsSql = `${loadWithContactsSql},
  (select json_agg(json_build_array(k.i, e.conversation_id, e.contact_id))
     from ${keysOf(effectColumns)}
     cross join lateral (
       select conversation_id, contact_id from idempotency_effects
       where workspace_id = k.w and key_id = k.n and step = k.s limit 1) as e) as effects`;

export const loadStatements = {
  plain: { name: 'engine_load', text: numbered(loadSql) },
  withPrompts: { name: 'engine_load_with_prompts', text: numbered(loadWithPromptsSql) },
  withContacts: { name: 'engine_load_with_contacts', text: numbered(loadWithContactsSql) },
  withEffects: { name: 'engine_load_with_effects', text: numbered(loadWithEffectsSql) },
};

type LoadRow = {
  events: [number, string, number, string][] | null;
  contacts: [number, number, Contact][] | null;
  conversations: [number, number, Conversation][] | null;
  owners?: [number, number, Contact, string[]][] | null;
  contacts_by_id?: [number, number, Contact][] | null;
  emails?: [number, number, EmailHolder | null][] | null;
  options?: [number, OfferedOption][] | null;
  attributes?: [number, boolean, DataAttribute[]][] | null;
  effects?: [number, number, string][] | null;
};

/** Reads the rows that the keys name, at one moment. */
export async function loadGroup(pool: Pool, keys: LoadKeys): Promise<Loaded> {
  const rows = await ColumnWriter.lend((writer) => {
    const hasEffects = keys.effects.length > 0;
    const hasContacts = hasEffects || keys.contactIds.length + keys.emails.length > 0;
    const hasPrompts =
      hasContacts || keys.options.length + keys.attributes.length + keys.owners.length > 0;
    const values = [
      ...writer.write(eventColumns, placed(keys.events)),
      ...writer.write(contactColumns, placed(keys.contacts)),
      ...writer.write(conversationColumns, placed(keys.conversations)),
    ];
    if (hasPrompts) {
      values.push(
        ...writer.write(optionColumns, placed(keys.options)),
        ...writer.write(attributeColumns, placed(keys.attributes)),
        ...writer.write(ownerColumns, placed(keys.owners)),
      );
    }
    if (hasContacts) {
      values.push(
        ...writer.write(contactIdColumns, placed(keys.contactIds)),
        ...writer.write(emailColumns, placed(keys.emails)),
      );
    }
    if (hasEffects) values.push(...writer.write(effectColumns, placed(keys.effects)));
    const { plain, withPrompts, withContacts, withEffects } = loadStatements;
    let statement = plain;
    if (hasPrompts) statement = withPrompts;
    if (hasContacts) statement = withContacts;
    if (hasEffects) statement = withEffects;
    return runStatement<LoadRow>(pool, { ...statement, values });
  });
  const found = rows[0]!;
  return {
    events: new Map(
      found.events?.map(([i, contentHash, conversationId, contactId]) => [
        i,
        { contentHash, conversationId, contactId },
      ]),
    ),
    contacts: new Map(found.contacts?.map(([i, version, row]) => [i, { row, version }])),
    contactsById: new Map(found.contacts_by_id?.map(([i, version, row]) => [i, { row, version }])),
    emails: new Map(found.emails?.map(([i, guard, holder]) => [i, { guard, holder }])),
    conversations: new Map(found.conversations?.map(([i, version, row]) => [i, { row, version }])),
    owners: new Map(
      found.owners?.map(([slot, version, row, presentIds]) => [slot, { row, version, presentIds }]),
    ),
    options: new Map(found.options ?? []),
    attributes: new Map(
      found.attributes?.map(([i, isRequested, definitions]) => [i, { isRequested, definitions }]),
    ),
    effects: new Map(
      found.effects?.map(([i, conversationId, contactId]) => [i, { conversationId, contactId }]),
    ),
  };
}
