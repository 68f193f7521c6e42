// Finds the conversations of a deleted contact, and notes what is to be removed of each. A conversation without other
// contacts disappears at once; a shared one loses what a workflow may have kept about the contact.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import type { Erasure } from './erasures.ts';

// The row version tells the engine that another writer was here, as it tells two servers (optimistic concurrency).
const notesSql = `
with person as materialized (
  select id from contacts where workspace_id = $1 and (id = $2 or merged_into = $2)),
candidates as (
  (select v.id from person as p
   join conversations as v on v.workspace_id = $1 and v.contact_id = p.id and v.deleted_at is null
   where v.id > $3 order by v.id limit $4)
  union
  (select v.id from person as p
   join conversations as v on v.workspace_id = $1 and v.contact_id = p.id and v.deleted_at is not null
   where v.id > $3 order by v.id limit $4)
  union
  (select k.conversation_id from person as p
   cross join (values ('contact'), ('former')) as kinds (kind)
   join conversation_keys as k on k.workspace_id = $1 and k.key = search_key(kind, p.id)
   where k.conversation_id > $3 order by k.conversation_id limit $4)),
page as materialized (select id from candidates order by id limit $4),
chosen as materialized (
  select v.id, v.event_count, v.deleted_at is null and living.ids <> '{}' as is_shared, living.ids as living
  from conversations as v
  cross join lateral (
    select coalesce(array_agg(m.id order by m.place), '{}') as ids
    from unnest(v.contact_id || v.other_contact_ids) with ordinality as m (id, place)
    join contacts as c on c.workspace_id = $1 and c.id = m.id
    where c.deleted_at is null) as living
  where v.workspace_id = $1 and v.id in (select id from page)
  order by v.id for update of v),
noted as (
  insert into conversation_removals (workspace_id, conversation_id, contact_id, is_shared, last_sequence, due_at)
  select $1, id, $2, is_shared, event_count, now()
  from chosen on conflict do nothing),
hidden as (
  update conversations as v set version = v.version + 1, deleted_at = coalesce(v.deleted_at, now()), external_id = '',
    title = null, custom_attributes = '{}', tag_ids = '{}', other_contact_ids = '{}', run = null,
    source = null, statistics = null, wake_at = null, snoozed_until = null
  from chosen as c where not c.is_shared and v.workspace_id = $1 and v.id = c.id),
cleared as (
  update conversations as v set version = v.version + 1, title = null, custom_attributes = '{}',
    source = v.source - 'subject', contact_id = c.living[1], other_contact_ids = c.living[2:],
    run = case when v.run ->> 'status' = 'ended' then null else v.run end
  from chosen as c where c.is_shared and v.workspace_id = $1 and v.id = c.id)
select max(id) as last, count(*) as count from page`;

/**
 * Notes some conversations.
 * @param after the last conversation of the page before; 0: none.
 * @returns the last conversation of this page; null: there are no more.
 */
export async function noteConversations(
  pool: Pool,
  { workspaceId, contactId }: Erasure,
  after: number,
  conversationsMax: number,
): Promise<number | null> {
  const [row] = await runStatement<{ last: number | null; count: number }>(pool, {
    text: notesSql,
    values: [workspaceId, contactId, after, conversationsMax],
  });
  return row!.count < conversationsMax ? null : row!.last;
}
