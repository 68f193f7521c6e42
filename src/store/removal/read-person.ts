// Reads everything that is known about a contact: what the removal would remove, as rows under the names of their
// columns, so that a new column is never left out. Words of other contacts stay out of it.

import type { Json } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

export type Row = { readonly [column: string]: Json };

export type PersonData = {
  readonly contact: Row;
  /** Leads that were merged into the contact. */
  readonly mergedLeads: readonly Row[];
  readonly tags: readonly string[];
  readonly companies: readonly Row[];
  readonly notes: readonly Row[];
  readonly conversations: readonly Row[];
  readonly appEvents: readonly Row[];
  readonly keyedRequests: readonly Row[];
  readonly audit: readonly Row[];
  readonly files: readonly Row[];
};

/** Finds the contacts that an id, an external id or an e-mail names. */
export async function findPersons(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ id: string }>(
    `select id from contacts
      where workspace_id = $1 and deleted_at is null and merged_into is null
        and (id = $2 or external_id = $2 or email_key = fold_case($2))
      union
      select merged_into from contacts
      where workspace_id = $1 and deleted_at is null and merged_into is not null
        and (id = $2 or external_id = $2)
      order by 1`,
    [workspaceId, name],
  );
  return rows.map(({ id }) => id);
}

/** What no person can use: keys of the database. */
const withoutInternals = (row: string): string =>
  `(to_jsonb(${row}) - array['workspace_id', 'version', 'created_by_signal', 'email_key', 'updated_day',
    'updated_slot', 'is_leased', 'lease', 'request_hash', 'content_hash', 'principal'])`;

const listOf = (row: string, from: string, order: string): string =>
  `coalesce((select jsonb_agg(${withoutInternals(row)} order by ${order}) from ${from}), '[]')`;

const person =
  '(select id from contacts where workspace_id = $1 and (id = $2 or merged_into = $2))';

const ofConversation = (t: string): string =>
  `${t}.workspace_id = $1 and ${t}.conversation_id = v.id`;

const isShared = `exists (
      select from unnest(v.other_contact_ids || v.contact_id) as m (id)
      join contacts as c on c.workspace_id = $1 and c.id = m.id
      where c.id not in ${person} and c.deleted_at is null)`;

/** The parts, those of other contacts without their words. */
const parts = `coalesce((
      select jsonb_agg(
        case when p.author_type in ('user', 'lead') and p.author_id not in ${person}
          then jsonb_build_object('id', p.id, 'position', p.position, 'created_at', p.created_at,
            'is_of_another_contact', true)
          else ${withoutInternals('p')} end order by p.position)
      from conversation_parts as p where ${ofConversation('p')}), '[]')`;

/** The events, their texts as the JSON that they are. */
const eventsSql = `(
        select e.sequence, e.name, e.created_at, e.body::jsonb as body
        from outbound_events as e where ${ofConversation('e')}) as e`;

// Events and traces of a conversation that began with another contact are about that one.
const conversationsSql = `
  with found as (
    select id from conversations where workspace_id = $1 and contact_id in ${person}
    union
    select k.conversation_id from (values ('contact'), ('former')) as kinds (kind)
    cross join ${person} as p
    join conversation_keys as k on k.workspace_id = $1 and k.key = search_key(kind, p.id))
  select case when v.contact_id in ${person} then ${withoutInternals('v')}
      else jsonb_build_object('id', v.id, 'external_id', v.external_id, 'created_at', v.created_at) end
    || jsonb_build_object('is_shared', ${isShared}, 'parts', ${parts})
    || case when v.contact_id not in ${person} then '{}' else jsonb_build_object(
      'signals', ${listOf('s', `conversation_signals as s where ${ofConversation('s')}`, 's.ordinal')},
      'offered_buttons', ${listOf('o', `quick_reply_options as o where ${ofConversation('o')}`, 'o.option_id')},
      'asked_attributes', ${listOf('a', `attribute_requests as a where ${ofConversation('a')}`, 'a.attribute_id')},
      'webhook_calls', ${listOf('j', `jobs as j where ${ofConversation('j')}`, 'j.id')},
      'events', ${listOf('e', eventsSql, 'e.sequence')},
      'delivery_attempts', ${listOf('d', `delivery_attempts as d where ${ofConversation('d')}`, 'd.attempted_at')},
      'dead_letters', ${listOf('l', `dead_letters as l where ${ofConversation('l')}`, 'l.sequence')})
      end as row
  from conversations as v where v.workspace_id = $1 and v.id in (select id from found) order by v.id`;

const rowsOf = (table: string, where: string, order: string): string =>
  `select ${withoutInternals('t')} as row from ${table} as t where t.workspace_id = $1 and ${where}
    order by ${order}`;

/** Reads it all, on one snapshot. @returns null when there is no such contact. */
export async function readPerson(
  connection: Connection,
  workspaceId: number,
  contactId: string,
): Promise<PersonData | null> {
  const read = async (text: string): Promise<Row[]> =>
    (await connection.query<{ row: Row }>(text, [workspaceId, contactId])).rows.map(
      ({ row }) => row,
    );
  const contacts = await read(rowsOf('contacts', `t.id in ${person}`, 't.id <> $2, t.id'));
  const [contact, ...mergedLeads] = contacts;
  if (contact === undefined) return null;
  const tags = await read(
    `select jsonb_build_object('name', name) as row from tags where workspace_id = $1 and id = any((
      select tag_ids from contacts where workspace_id = $1 and id = $2)::bigint[]) order by name`,
  );
  return {
    contact,
    mergedLeads,
    tags: tags.map(({ name }) => String(name)),
    companies: await read(
      rowsOf(
        'companies',
        `t.id in (select company_id from company_contacts
          where workspace_id = $1 and contact_id in ${person})`,
        't.id',
      ),
    ),
    notes: await read(rowsOf('notes', `t.contact_id in ${person}`, 't.id')),
    conversations: await read(conversationsSql),
    appEvents: await read(
      rowsOf('channel_events', `t.contact_id = any(array${person})`, 't.received_at'),
    ),
    // The responses repeat what is said elsewhere.
    keyedRequests: await read(
      `select ${withoutInternals('t')} - array['body', 'leased_until'] as row from idempotency_keys as t
        where t.workspace_id = $1 and exists (
          select from ${person} as p where strpos(t.body, p.id) > 0
            or exists (select from idempotency_effects as e where e.workspace_id = $1
              and e.key_id = t.id and (e.contact_id = p.id or strpos(e.result::text, p.id) > 0)))
        order by t.id`,
    ),
    audit: await read(
      rowsOf(
        'audit_log',
        `(t.object_type = 'contact' and t.object_id in ${person} or t.related_id in ${person})`,
        't.id',
      ),
    ),
    files: await read(
      rowsOf(
        'files',
        `t.id in (select f.file_id from part_files as f
          join conversation_parts as p on p.workspace_id = $1 and p.conversation_id = f.conversation_id
            and p.position = f.position
          join conversations as v on v.workspace_id = $1 and v.id = p.conversation_id
          where f.workspace_id = $1 and (p.author_id in ${person}
            or v.contact_id in ${person} and p.author_type not in ('user', 'lead')))`,
        't.id',
      ),
    ),
  };
}
