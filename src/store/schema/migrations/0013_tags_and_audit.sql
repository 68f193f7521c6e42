-- Tags of contacts, the audit log, and a scope for commands: transactions that write the rows of one workspace that no
-- signal writes, confined to it by row-level security.
-- Lock cost: the column comes without a rewrite; policies are replaced under a short exclusive lock of three tables.
-- Rollback: drop the column, the table and the function, and set the three policies back.

alter table parley.contacts
  add column tag_ids bigint[] not null default '{}';

-- Who did what to which thing. Written with what it tells of, in the same transaction.
create table parley.audit_log (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint not null generated always as identity,
  created_at timestamptz not null default now(),
  actor_type text not null,
  actor_id text,
  action text not null,
  object_type text not null,
  object_id text not null,
  -- The other thing that it is about: the tag that a contact got, for example.
  related_id text,
  primary key (workspace_id, id)
);

create index audit_log_object on parley.audit_log (workspace_id, object_type, object_id, id);

alter table parley.audit_log enable row level security, force row level security;

-- Whether this connection may write, in the one workspace that its transaction names.
create function parley.writes_one_workspace() returns boolean
  language sql stable parallel safe
  return coalesce(current_setting('parley.scope', true) = 'command', false);

create policy one_workspace on parley.audit_log
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.tags
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

-- Every change of a tag raises its workspace's config_version.
alter policy one_workspace on parley.workspaces
  with check ((select parley.sees_all_workspaces())
    or (id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
