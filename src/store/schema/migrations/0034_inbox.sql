-- The inbox of the web app: its lists in the order in which contacts wait, what each teammate has seen, and drafts.
-- Lock cost: conversations cannot be written while the index is built, some 2 s for each million open ones.
-- Rollback: drop the index and the tables.

-- Only columns that change when turns change, so that a message within a turn costs nothing. The included ones decide
-- in which views a conversation is, and are counted from here.
create index conversations_waiting on parley.conversations (workspace_id, waiting_since, id)
  include (admin_assignee_id, team_assignee_id, channel_id, is_priority)
  where state = 'open' and deleted_at is null;

create table parley.seen_positions (
  workspace_id bigint not null,
  admin_id bigint not null,
  conversation_id bigint not null,
  -- The last part that the teammate has seen.
  position integer not null,
  primary key (workspace_id, admin_id, conversation_id)
);

create index seen_positions_of_conversation on parley.seen_positions (workspace_id, conversation_id);

create table parley.drafts (
  workspace_id bigint not null,
  conversation_id bigint not null,
  admin_id bigint not null,
  kind text not null check (kind in ('reply', 'note')),
  body text not null,
  -- Counts the saves, so that one device does not overwrite what another one saved.
  version integer not null default 1,
  updated_at timestamptz not null default now(),
  primary key (workspace_id, conversation_id, admin_id, kind)
);

alter table parley.seen_positions enable row level security, force row level security;
alter table parley.drafts enable row level security, force row level security;

create policy one_workspace on parley.seen_positions
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy one_workspace on parley.drafts
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
