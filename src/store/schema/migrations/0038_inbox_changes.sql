-- The feed of the web app: which conversations each committed group changed, while teammates of the workspace use the app.
-- Lock cost: the column comes without a rewrite; the table is new. Rollback: drop the table and the column.

-- When a teammate last used the web app; the engine writes no feed for a workspace in which that is long ago.
alter table parley.workspaces add column inbox_used_at timestamptz;

-- One row for each workspace and group. Positions are those of the log of events (docs/decisions/0009-the-log-of-events.md).
create table parley.inbox_changes (
  workspace_id bigint not null,
  position bigint not null,
  -- Of the same length: the conversations, their new row versions, and what happened in each, as bits.
  conversation_ids bigint[] not null,
  versions bigint[] not null,
  kinds bigint[] not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, position)
);

alter table parley.inbox_changes enable row level security, force row level security;

create policy one_workspace on parley.inbox_changes
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
