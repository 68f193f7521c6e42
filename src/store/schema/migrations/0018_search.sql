-- Lists and searches: indexes for the orders and filters that people use, and for tags, members and attributes the keys
-- by which a conversation or contact is found. Under row-level security only operators that PostgreSQL trusts not to
-- leak use an index: =, < and > of numbers, texts and times, but none of arrays, JSON or patterns. So what is in lists
-- and JSON is found by rows of its own, whose key is a number.
-- Lock cost: the generated columns rewrite conversations and contacts under an exclusive lock, and the indexes are built
-- under it: some 30 s for a million conversations. Rollback: drop the columns, indexes, triggers, functions and tables.

-- The ten minutes in which a row changed last. An index on the moment itself would have to be written with each message
-- (no HOT updates); of this one an update within the same ten minutes leaves alone.
alter table parley.conversations
  add column updated_slot integer not null generated always as
    (floor(extract(epoch from updated_at - '2000-01-01T00:00:00Z'::timestamptz) / 600)::integer) stored;

-- Contacts are searched by day (contract G 3).
alter table parley.contacts
  add column updated_day integer not null generated always as
    (floor(extract(epoch from updated_at - '2000-01-01T00:00:00Z'::timestamptz) / 86400)::integer) stored;

create index conversations_newest on parley.conversations (workspace_id, created_at, id)
  where deleted_at is null;
create index conversations_state on parley.conversations (workspace_id, state, created_at, id)
  include (admin_assignee_id, team_assignee_id) where deleted_at is null;
create index conversations_team on parley.conversations (workspace_id, team_assignee_id, state)
  where team_assignee_id is not null and deleted_at is null;
create index conversations_admin on parley.conversations (workspace_id, admin_assignee_id, state)
  where admin_assignee_id is not null and deleted_at is null;
create index conversations_snoozed on parley.conversations (workspace_id, snoozed_until)
  where snoozed_until is not null and deleted_at is null;
create index conversations_updated on parley.conversations (workspace_id, updated_slot)
  where deleted_at is null;

create index contacts_newest on parley.contacts (workspace_id, created_at, id)
  where merged_into is null and archived_at is null and deleted_at is null;
create index contacts_updated on parley.contacts (workspace_id, updated_day)
  where merged_into is null and archived_at is null and deleted_at is null;

create table parley.conversation_keys (
  workspace_id bigint not null,
  key bigint not null,
  conversation_id bigint not null,
  primary key (workspace_id, key, conversation_id)
);

create table parley.contact_keys (
  workspace_id bigint not null,
  key bigint not null,
  contact_id text not null,
  primary key (workspace_id, key, contact_id)
);

alter table parley.conversation_keys enable row level security, force row level security;
alter table parley.contact_keys enable row level security, force row level security;

create policy one_workspace on parley.conversation_keys
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.contact_keys
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));

-- The key of something that is found: 64 bits of a hash. Two that share one cost a look at the row, which decides.
create function parley.search_key(kind text, value text) returns bigint
  language sql immutable parallel safe
  return ('x' || left(md5(kind || ':' || value), 16))::bit(64)::bigint;

-- The value of an attribute as a key knows it: a number and the texts that read as that number are one (number-of.ts).
create function parley.search_text(entry jsonb) returns text
  language sql immutable parallel safe
  return case jsonb_typeof(entry)
    when 'number' then (entry::text::float8)::text
    when 'boolean' then entry #>> '{}'
    when 'string' then case
      when length(entry #>> '{}') <= 40
        and entry #>> '{}' ~ '^[ \t\r\n]*[+-]?(\d+(\.\d*)?|\.\d+)[ \t\r\n]*$'
      then ((entry #>> '{}')::float8)::text else entry #>> '{}' end end;

-- In plpgsql, which plans its statement once for each connection.
create function parley.search_keys(tag_ids bigint[], contact_ids text[], attributes jsonb) returns bigint[]
  language plpgsql immutable parallel safe as $$
begin
  return array(
    select parley.search_key('tag', id::text) from unnest(tag_ids) as t(id)
    union all
    select parley.search_key('contact', id) from unnest(contact_ids) as c(id)
    union all
    select parley.search_key('attribute ' || name, parley.search_text(entry))
    from jsonb_each(attributes) as a(name, value)
    cross join lateral jsonb_array_elements(
      case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) as e(entry)
    where parley.search_text(entry) is not null);
end $$;

create function parley.key_conversation() returns trigger language plpgsql as $$
declare
  before bigint[] := '{}';
  after bigint[] := '{}';
begin
  if tg_op = 'UPDATE' then
    before := parley.search_keys(old.tag_ids, old.other_contact_ids, old.custom_attributes);
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

create function parley.key_contact() returns trigger language plpgsql as $$
declare
  before bigint[] := '{}';
  after bigint[];
begin
  if tg_op = 'UPDATE' then
    before := parley.search_keys(old.tag_ids, '{}', old.custom_attributes);
  end if;
  after := parley.search_keys(new.tag_ids, '{}', new.custom_attributes);
  if before <> '{}' then
    delete from parley.contact_keys
    where workspace_id = new.workspace_id and contact_id = new.id
      and key = any(before) and key <> all(after);
  end if;
  insert into parley.contact_keys
  select new.workspace_id, k, new.id from unnest(after) as k where k <> all(before)
  on conflict do nothing;
  return null;
end $$;

-- The teammates who spoke.
create function parley.key_speaker() returns trigger language plpgsql as $$
begin
  insert into parley.conversation_keys
  values (new.workspace_id, parley.search_key('speaker', new.author_id), new.conversation_id)
  on conflict do nothing;
  return null;
end $$;

-- None of them runs for what most messages are: without tags, attributes or a teammate's words.
create trigger key_insert after insert on parley.conversations for each row
  when (new.tag_ids <> '{}' or new.other_contact_ids <> '{}' or new.custom_attributes <> '{}')
  execute function parley.key_conversation();
create trigger key_update after update on parley.conversations for each row
  when (old.tag_ids <> new.tag_ids or old.other_contact_ids <> new.other_contact_ids
    or old.custom_attributes <> new.custom_attributes or old.deleted_at is distinct from new.deleted_at)
  execute function parley.key_conversation();
create trigger key_insert after insert on parley.contacts for each row
  when (new.tag_ids <> '{}' or new.custom_attributes <> '{}')
  execute function parley.key_contact();
create trigger key_update after update on parley.contacts for each row
  when (old.tag_ids <> new.tag_ids or old.custom_attributes <> new.custom_attributes)
  execute function parley.key_contact();
create trigger key_speaker after insert on parley.conversation_parts for each row
  when (new.author_type = 'admin')
  execute function parley.key_speaker();

-- What is there already.
insert into parley.conversation_keys
select workspace_id, k, id from parley.conversations
cross join lateral unnest(parley.search_keys(tag_ids, other_contact_ids, custom_attributes)) as k
where deleted_at is null
on conflict do nothing;
insert into parley.conversation_keys
select distinct workspace_id, parley.search_key('speaker', author_id), conversation_id
from parley.conversation_parts where author_type = 'admin'
on conflict do nothing;
insert into parley.contact_keys
select workspace_id, k, id from parley.contacts
cross join lateral unnest(parley.search_keys(tag_ids, '{}', custom_attributes)) as k
on conflict do nothing;
