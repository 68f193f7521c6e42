-- Tenancy and access: workspaces, their admins, their channels, and the tokens that open a channel.
-- Lock cost: creates only, nothing existing is touched. Rollback: drop schema parley cascade.
--
-- Every table of the schema has row-level security, forced, so that it binds the owner too. Two settings open it:
--   parley.workspace_id  (set per transaction by every read)   shows the rows of that workspace and no other;
--   parley.scope = 'engine' or 'admin' (set per connection)    the door, authentication and the command line.
-- A connection that sets neither sees nothing.

create function parley.visible_workspace_id() returns bigint
  language sql stable parallel safe
  return nullif(current_setting('parley.workspace_id', true), '')::bigint;

create function parley.sees_all_workspaces() returns boolean
  language sql stable parallel safe
  return coalesce(current_setting('parley.scope', true), '') in ('engine', 'admin');

create table parley.workspaces (
  id bigint generated always as identity primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

create table parley.admins (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint generated always as identity,
  name text not null,
  email text not null,
  job_title text,
  away_mode_enabled boolean not null default false,
  away_mode_reassign boolean not null default false,
  has_inbox_seat boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

-- Switches: contract rows 8, 10, 26 and 40.
create table parley.channels (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint generated always as identity,
  name text not null,
  is_enabled boolean not null default true,
  auto_create_conversation boolean not null default false,
  require_user_identity boolean not null default true,
  unknown_attribute text not null default 'record' check (unknown_attribute in ('record', 'reject')),
  strict_version boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name)
);

-- A token is known by its SHA-256 only. It is looked up before its workspace is known: hence the one key
-- of the schema that does not begin with workspace_id.
create table parley.access_tokens (
  workspace_id bigint not null,
  id bigint generated always as identity,
  channel_id bigint not null,
  admin_id bigint not null,
  name text not null,
  token_hash bytea not null unique check (length(token_hash) = 32),
  token_hint text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, channel_id) references parley.channels (workspace_id, id),
  foreign key (workspace_id, admin_id) references parley.admins (workspace_id, id)
);

alter table parley.workspaces enable row level security, force row level security;
alter table parley.admins enable row level security, force row level security;
alter table parley.channels enable row level security, force row level security;
alter table parley.access_tokens enable row level security, force row level security;

create policy one_workspace on parley.workspaces
  using (id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.admins
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.channels
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.access_tokens
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
