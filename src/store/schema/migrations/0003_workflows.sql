-- What a workspace's owner wrote down (teams, tags, workflows), and where each conversation stands in it.
-- Lock cost: one scan of conversations, below. Rollback: drop what this file creates.
--
-- Adding columns with constant defaults takes an instant and rewrites nothing. The one index on an existing table is on
-- a column that is null in every row: one scan, during which nothing is written to conversations.

alter table parley.workspaces
  -- Counts changes of what servers keep in memory: channels, attributes, teams, workflows.
  add column config_version bigint not null default 1;

-- Counted by the database, so that nobody who changes the setup can forget it.
create function parley.count_config_change() returns trigger language plpgsql as $$
begin
  update parley.workspaces set config_version = config_version + 1
  where id = coalesce(new.workspace_id, old.workspace_id);
  return null;
end $$;

create table parley.teams (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint generated always as identity,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name)
);

create table parley.team_members (
  workspace_id bigint not null,
  team_id bigint not null,
  admin_id bigint not null,
  primary key (workspace_id, team_id, admin_id),
  foreign key (workspace_id, team_id) references parley.teams (workspace_id, id),
  foreign key (workspace_id, admin_id) references parley.admins (workspace_id, id)
);

create table parley.tags (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint generated always as identity,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);
create unique index tags_name on parley.tags (workspace_id, lower(name));

alter table parley.data_attributes
  add column label text,
  add column description text;

-- A workflow and its immutable versions. Without a current version it starts no more; what runs goes on.
create table parley.workflows (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint generated always as identity,
  name text not null,
  -- Where several triggers match, the lowest goes first.
  position integer not null,
  current_version integer,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name)
);

create table parley.workflow_versions (
  workspace_id bigint not null,
  workflow_id bigint not null,
  version integer not null,
  -- As core/workflow/definition.ts has it: checked, names resolved.
  definition jsonb not null,
  -- The file as it was applied, for people.
  source text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, workflow_id, version),
  foreign key (workspace_id, workflow_id) references parley.workflows (workspace_id, id)
);

alter table parley.conversations
  add column tag_ids bigint[] not null default '{}',
  -- The workflow run as core/workflow/run/run.ts has it: the present one, or the last.
  add column run jsonb,
  -- Who took the conversation over; no workflow acts in it until it is closed.
  add column held_by_admin_id bigint,
  -- Outbound events so far: the sequence of the last one.
  add column event_count integer not null default 0,
  -- Rows in conversation_signals.
  add column signal_count integer not null default 0,
  -- When a timer of the conversation fires: its run's time limit, or the end of its snooze.
  add column wake_at timestamptz;
create index conversations_wake on parley.conversations (wake_at) where wake_at is not null;

alter table parley.conversation_parts
  add column assigned_to jsonb;

-- What happened to a conversation and what its workflow made of it, in order: the trace, and what a replay repeats.
-- Words that a contact said are in the parts and not here. The creation of a conversation has a row only if a workflow
-- had something to do with it.
create table parley.conversation_signals (
  workspace_id bigint not null,
  conversation_id bigint not null,
  ordinal integer not null,
  signal_number bigint not null,
  kind text not null,
  content jsonb not null,
  trace jsonb not null,
  received_at timestamptz not null,
  primary key (workspace_id, conversation_id, ordinal)
);

-- Slow steps: each is done by some server and ends in a signal, whose group deletes the row.
create table parley.jobs (
  workspace_id bigint not null,
  id bigint not null,
  conversation_id bigint not null,
  channel_id bigint not null,
  kind text not null check (kind in ('call_webhook')),
  content jsonb not null,
  attempt integer not null default 0,
  -- While a server works on it: until when the others leave it alone.
  due_at timestamptz not null,
  created_at timestamptz not null,
  primary key (workspace_id, id)
);
create index jobs_due on parley.jobs (workspace_id, channel_id, due_at);

create trigger count_config_change after insert or update or delete on parley.channels
  for each row execute function parley.count_config_change();
create trigger count_config_change after insert or update or delete on parley.admins
  for each row execute function parley.count_config_change();
create trigger count_config_change after insert or update or delete on parley.teams
  for each row execute function parley.count_config_change();
create trigger count_config_change after insert or update or delete on parley.team_members
  for each row execute function parley.count_config_change();
create trigger count_config_change after insert or update or delete on parley.tags
  for each row execute function parley.count_config_change();
create trigger count_config_change after insert or update or delete on parley.data_attributes
  for each row execute function parley.count_config_change();
create trigger count_config_change after insert or update or delete on parley.workflows
  for each row execute function parley.count_config_change();

alter table parley.teams enable row level security, force row level security;
alter table parley.team_members enable row level security, force row level security;
alter table parley.tags enable row level security, force row level security;
alter table parley.workflows enable row level security, force row level security;
alter table parley.workflow_versions enable row level security, force row level security;
alter table parley.conversation_signals enable row level security, force row level security;
alter table parley.jobs enable row level security, force row level security;

create policy one_workspace on parley.teams
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.team_members
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.tags
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.workflows
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.workflow_versions
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.conversation_signals
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.jobs
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
