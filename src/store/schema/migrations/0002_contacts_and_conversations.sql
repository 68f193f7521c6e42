-- What the door keeps: contacts, conversations, their parts, and the events that made them.
-- Lock cost: creates only, nothing existing is touched. Rollback: drop the tables of this file.
--
-- No foreign keys among these tables: every row of a signal is written by one statement of the engine, which is
-- atomic, and the check would cost a look-up per row on the hottest path (docs/decisions/0003-one-statement.md).

-- Signal numbers, handed out to each server in blocks of 1,000. Every id a signal creates is made from its number
-- (core/conversation/ids.ts), so ids are known before anything is written. Gaps are harmless.
create sequence parley.signal_numbers as bigint increment by 1000 start with 1000 no cycle;

create table parley.contacts (
  workspace_id bigint not null,
  id text not null,
  role text not null check (role in ('user', 'lead')),
  external_id text,
  name text,
  email text,
  phone text,
  custom_attributes jsonb not null default '{}',
  signed_up_at timestamptz,
  last_replied_at timestamptz,
  archived_at timestamptz,
  blocked_at timestamptz,
  -- A lead merged into a user stays as a signpost: its external id leads to that user (contract row 7).
  merged_into text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  created_by_signal bigint not null,
  version integer not null default 1,
  primary key (workspace_id, id)
);
create unique index contacts_external_id on parley.contacts (workspace_id, external_id)
  where external_id is not null;

create table parley.conversations (
  workspace_id bigint not null,
  id bigint not null,
  channel_id bigint not null,
  external_id text not null,
  contact_id text not null,
  -- Contacts attached later; the first contact is contact_id.
  other_contact_ids text[] not null default '{}',
  state text not null check (state in ('open', 'closed', 'snoozed')),
  is_read boolean not null default false,
  is_priority boolean not null default false,
  title text,
  admin_assignee_id bigint,
  team_assignee_id bigint,
  custom_attributes jsonb not null default '{}',
  waiting_since timestamptz,
  snoozed_until timestamptz,
  first_contact_reply_at timestamptz,
  last_contact_reply_at timestamptz,
  count_reopens integer not null default 0,
  part_count integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- A deleted conversation gives its external id back (contract row 22).
  deleted_at timestamptz,
  created_by_signal bigint not null,
  version integer not null default 1,
  primary key (workspace_id, id)
);
create unique index conversations_external_id on parley.conversations (workspace_id, channel_id, external_id)
  where deleted_at is null;

create table parley.conversation_parts (
  workspace_id bigint not null,
  conversation_id bigint not null,
  -- 1, 2, 3… within the conversation: the order in which things were said.
  position integer not null,
  id bigint not null,
  part_type text not null,
  body text,
  author_type text not null check (author_type in ('user', 'lead', 'admin', 'bot', 'team')),
  author_id text not null,
  external_id text,
  metadata jsonb,
  event_details jsonb,
  state text not null check (state in ('open', 'closed', 'snoozed')),
  is_redacted boolean not null default false,
  created_at timestamptz not null,
  created_by_signal bigint not null,
  primary key (workspace_id, conversation_id, position)
);

-- Every button ever offered in a conversation (contract rows 23 and 24).
create table parley.quick_reply_options (
  workspace_id bigint not null,
  conversation_id bigint not null,
  option_id text not null,
  text text not null,
  offered_at timestamptz not null default now(),
  primary key (workspace_id, conversation_id, option_id)
);

-- Every attribute ever asked for in a conversation (contract rows 26 and 27).
create table parley.attribute_requests (
  workspace_id bigint not null,
  conversation_id bigint not null,
  attribute_id text not null,
  requested_at timestamptz not null default now(),
  primary key (workspace_id, conversation_id, attribute_id)
);

create table parley.data_attributes (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint generated always as identity,
  model text not null check (model in ('contact', 'conversation')),
  name text not null,
  data_type text not null
    check (data_type in ('string', 'integer', 'float', 'boolean', 'date', 'datetime', 'options')),
  options text[] not null default '{}',
  is_archived boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name, model)
);

-- The idempotency keys: one row per accepted event, with what it takes to give the first answer again.
create table parley.channel_events (
  workspace_id bigint not null,
  event_id text not null,
  -- First half of the SHA-256 of the content (core/conversation/idempotency-fingerprint.ts).
  content_hash bytea not null,
  conversation_id bigint not null,
  contact_id text not null,
  signal_number bigint not null,
  received_at timestamptz not null,
  primary key (workspace_id, event_id)
);

alter table parley.contacts enable row level security, force row level security;
alter table parley.conversations enable row level security, force row level security;
alter table parley.conversation_parts enable row level security, force row level security;
alter table parley.quick_reply_options enable row level security, force row level security;
alter table parley.attribute_requests enable row level security, force row level security;
alter table parley.data_attributes enable row level security, force row level security;
alter table parley.channel_events enable row level security, force row level security;

create policy one_workspace on parley.contacts
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.conversations
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.conversation_parts
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.quick_reply_options
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.attribute_requests
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.data_attributes
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.channel_events
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));

-- Times travel as milliseconds since 1970 between the engine and its tables. In double precision, which is exact to
-- the microsecond; and not called more constant than what they call, or PostgreSQL could not inline them.
create function parley.ms(moment timestamptz) returns bigint
  language sql stable parallel safe
  return (date_part('epoch', moment) * 1000)::bigint;

create function parley.from_ms(ms bigint) returns timestamptz
  language sql immutable parallel safe
  return to_timestamp(ms / 1000.0::double precision);

-- The engine's one guard: the rows a statement changed must be the rows it meant to change. A difference means that
-- another server was there first; the statement then leaves no trace and the group is loaded again.
create function parley.assert_written(expected integer, actual bigint) returns boolean language plpgsql as $$
begin
  if expected <> actual then
    raise exception 'the group lost a race: % rows meant, % written', expected, actual
      using errcode = 'serialization_failure';
  end if;
  return true;
end $$;
