-- How conversations began that no event of an app did: by whom, with which subject, and whether with a message; and who
-- began those whose first contact has left. Subjects and contacts who left are known as far as the signals and events
-- of that time are still there.
-- Lock cost: the generated column rewrites conversations, some 10 s for a million. Rollback: drop the columns.

alter table parley.conversations
  add column source jsonb,
  -- The teammate's or the contact's id, to find conversations by it.
  add column begun_by text generated always as (coalesce(source ->> 'adminId', source ->> 'contactId')) stored;

create index conversations_begun_by on parley.conversations (workspace_id, begun_by)
  where begun_by is not null and deleted_at is null;

-- A conversation that began over REST has a first part from the same signal, by a person, without the id of an event.
update parley.conversations v
set source = jsonb_strip_nulls(jsonb_build_object(
  'hasMessage', true,
  'adminId', case when p.author_type = 'admin' then p.author_id::bigint end,
  'contactId', case when p.author_type <> 'admin' and p.author_id <> v.contact_id
    and not exists (
      select from parley.contacts c
      where c.workspace_id = v.workspace_id and c.id = p.author_id and c.merged_into = v.contact_id)
    then p.author_id end,
  'subject', (
    select s.content ->> 'title' from parley.conversation_signals s
    where s.workspace_id = v.workspace_id and s.conversation_id = v.id and s.ordinal = 1 and s.kind = 'begin')))
from parley.conversation_parts p
where p.workspace_id = v.workspace_id and p.conversation_id = v.id and p.position = 1
  and p.created_by_signal = v.created_by_signal and p.author_type in ('admin', 'user', 'lead')
  and p.external_id is null and v.deleted_at is null;

-- The event that began a conversation names the contact who has left it since.
update parley.conversations v set source = jsonb_build_object('contactId', e.contact_id)
from parley.channel_events e
where e.workspace_id = v.workspace_id and e.conversation_id = v.id and e.signal_number = v.created_by_signal
  and v.source is null and v.deleted_at is null and e.contact_id <> v.contact_id
  and exists (
    select from parley.audit_log a
    where a.workspace_id = v.workspace_id and a.object_type = 'conversation' and a.object_id = v.id::text
      and a.action = 'conversation.contact_detached')
  and not exists (
    select from parley.contacts c
    where c.workspace_id = v.workspace_id and c.id = e.contact_id and c.merged_into = v.contact_id);
