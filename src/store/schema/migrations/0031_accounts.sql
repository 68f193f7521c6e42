-- Accounts of teammates in the web app: passwords, sessions, one-time links, and attempts to sign in.
-- Lock cost: the column of admins comes without a rewrite; the rest is new. Rollback: drop the tables and the column.

-- A disabled teammate cannot sign in, and tokens that act for that teammate alone are invalid.
alter table parley.admins add column disabled_at timestamptz;

create table parley.credentials (
  workspace_id bigint not null,
  admin_id bigint not null,
  -- With its parameters and its salt, as base/passwords.ts writes it.
  password_hash text not null,
  changed_at timestamptz not null default now(),
  primary key (workspace_id, admin_id),
  foreign key (workspace_id, admin_id) references parley.admins (workspace_id, id)
);

create table parley.sessions (
  workspace_id bigint not null,
  id bigint generated always as identity,
  admin_id bigint not null,
  -- SHA-256 of the token in the cookie.
  token_hash bytea not null unique check (length(token_hash) = 32),
  -- The token before the last rotation, which a request in flight may still carry.
  previous_hash bytea unique,
  rotated_at timestamptz not null default now(),
  -- Whether the browser has used the newest token: the response that set it may have been lost.
  is_confirmed boolean not null default true,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  -- The address and the browser of the sign-in.
  source text not null,
  user_agent text not null,
  ended_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, admin_id) references parley.admins (workspace_id, id)
);

create index sessions_of_admin on parley.sessions (workspace_id, admin_id);
create index sessions_last_used on parley.sessions (last_used_at);

-- Links with which a teammate sets a password, once: the first owner, an invited teammate, one who forgot it.
create table parley.account_links (
  workspace_id bigint not null,
  id bigint generated always as identity,
  admin_id bigint not null,
  purpose text not null check (purpose in ('setup', 'invite', 'reset')),
  code_hash bytea not null unique check (length(code_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, admin_id) references parley.admins (workspace_id, id)
);

create index account_links_of_admin on parley.account_links (workspace_id, admin_id);
create index account_links_expire on parley.account_links (expires_at);

-- Attempts to sign in, by the SHA-256 of an account's name or of a network; of no workspace, since the name is not checked.
create table parley.sign_in_attempts (
  key bytea primary key,
  count integer not null,
  began_at timestamptz not null default now()
);

alter table parley.credentials enable row level security, force row level security;
alter table parley.sessions enable row level security, force row level security;
alter table parley.account_links enable row level security, force row level security;
alter table parley.sign_in_attempts enable row level security, force row level security;

-- Hidden from reads: only commands in their workspace, and the server itself, see them.
create policy one_workspace on parley.credentials
  using ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy one_workspace on parley.sessions
  using ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy one_workspace on parley.account_links
  using ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy server_only on parley.sign_in_attempts using ((select parley.sees_all_workspaces()));

-- Commands invite teammates.
create policy command_inserts on parley.admins for insert
  with check (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace()));
