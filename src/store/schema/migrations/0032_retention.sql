-- How long each workspace keeps what, and how far the removal of what is older has come.
-- Lock cost: none, new table. Rollback: drop it; nothing is removed for its age any more.

-- A workspace without a row keeps everything.
create table parley.retention (
  workspace_id bigint not null primary key references parley.workspaces (id),
  -- Where the pass is; after_id is a position of the log or a conversation.
  stage text not null default 'events' check (stage in ('events', 'conversations', 'keys')),
  channel_id bigint not null default 0,
  after_id bigint not null default -1,
  -- The moment from which a pass counts the ages; null: none is in progress.
  as_of timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- What the pass has removed, or the last one did.
  removed json not null default '{}',
  -- When a server takes a turn; a later one than a turn lasts while a server has it.
  due_at timestamptz not null default now(),
  lease text,
  -- Ages in milliseconds by what they are for, such as {"events": 7776000000}; what is not in it is kept.
  ages json not null,
  -- The latest time that a server saw. A clock that is far ahead of it is not trusted at once.
  looked_at timestamptz not null default now(),
  held_until timestamptz
);

alter table parley.retention enable row level security, force row level security;

create policy one_workspace on parley.retention
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
