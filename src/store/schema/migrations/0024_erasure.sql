-- The removal of personal data after the deletion of a contact (docs/decisions/0020-personal-data.md).
-- Lock cost: the new tables and triggers come without a rewrite; the index reads channel_events once while events wait:
-- about a second for a million rows. Rollback: drop the tables, the index, the column and the new parts of the triggers.

-- A deleted contact whose data is being removed; what remains of it afterwards proves that it was.
create table parley.erasures (
  workspace_id bigint not null references parley.workspaces (id),
  contact_id text not null,
  -- The next thing to do.
  stage text not null default 'conversations'
    check (stage in ('conversations', 'person', 'events', 'keys', 'done')),
  requested_at timestamptz not null,
  -- When it goes on. A server that works on it moves this forward, so another one takes over if it dies.
  due_at timestamptz,
  finished_at timestamptz,
  primary key (workspace_id, contact_id)
);
create index erasures_due on parley.erasures (due_at) where due_at is not null;

-- A conversation that is being removed, or the share of one person in it.
create table parley.conversation_removals (
  workspace_id bigint not null references parley.workspaces (id),
  conversation_id bigint not null,
  -- The deleted contact; empty when the conversation is removed for its age.
  contact_id text not null,
  -- Whether others take part: then only the share of the contact goes.
  is_shared boolean not null,
  has_content boolean not null default true,
  -- The last event of the log that is removed.
  last_sequence integer not null,
  requested_at timestamptz not null default now(),
  due_at timestamptz not null,
  primary key (workspace_id, conversation_id, contact_id)
);
create index conversation_removals_due on parley.conversation_removals (due_at);
create index conversation_removals_contact on parley.conversation_removals (workspace_id, contact_id);

alter table parley.erasures enable row level security, force row level security;
alter table parley.conversation_removals enable row level security, force row level security;

create policy one_workspace on parley.erasures
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.conversation_removals
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));

-- Finds what is left of deleted conversations; hardly any are.
create index conversations_deleted on parley.conversations (workspace_id, contact_id, id)
  where deleted_at is not null;

-- Finds the events of a contact, and old events, in a table that only grows, at nearly no cost for those who write.
create index channel_events_ranges on parley.channel_events
  using brin (contact_id text_bloom_ops, received_at) with (pages_per_range = 64, autosummarize = on);

-- A guard serves concurrent writers for seconds; afterwards it is the hash of an e-mail, and goes.
alter table parley.email_guards add column given_at timestamptz not null default now();
create index email_guards_given on parley.email_guards (given_at);

-- Remembers who was in a conversation once: their words are still there.
create or replace function parley.key_conversation() returns trigger language plpgsql as $$
declare
  before bigint[] := '{}';
  after bigint[] := '{}';
begin
  if tg_op = 'UPDATE' then
    before := parley.search_keys(old.tag_ids, old.other_contact_ids, old.custom_attributes);
    insert into parley.conversation_keys
    select new.workspace_id, parley.search_key('former', id), new.id
    from unnest(old.other_contact_ids || old.contact_id) as m(id)
    where id <> all(new.other_contact_ids || new.contact_id) and new.deleted_at is null
    on conflict do nothing;
  end if;
  if new.deleted_at is null then
    after := parley.search_keys(new.tag_ids, new.other_contact_ids, new.custom_attributes);
  end if;
  if before <> '{}' then
    delete from parley.conversation_keys
    where workspace_id = new.workspace_id and conversation_id = new.id
      and key = any(before) and key <> all(after);
  end if;
  insert into parley.conversation_keys
  select new.workspace_id, k, new.id from unnest(after) as k where k <> all(before)
  on conflict do nothing;
  return null;
end $$;

drop trigger key_update on parley.conversations;
create trigger key_update after update on parley.conversations for each row
  when (old.tag_ids <> new.tag_ids or old.other_contact_ids <> new.other_contact_ids
    or old.contact_id <> new.contact_id or old.custom_attributes <> new.custom_attributes
    or old.deleted_at is distinct from new.deleted_at)
  execute function parley.key_conversation();

-- What is there already.
insert into parley.conversation_keys
select distinct workspace_id, parley.search_key('former', related_id), object_id::bigint
from parley.audit_log where action = 'conversation.contact_detached'
on conflict do nothing;
insert into parley.erasures (workspace_id, contact_id, requested_at, due_at)
select workspace_id, id, deleted_at, now()
from parley.contacts where deleted_at is not null and merged_into is null;
