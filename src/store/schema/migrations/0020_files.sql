-- Files: attachments of parts, and uploads that a reply may still take (docs/decisions/0019-files.md).
-- Lock cost: creates only, nothing existing is touched. Rollback: drop the three tables; the bytes stay where they lie.

create table parley.files (
  workspace_id bigint not null references parley.workspaces (id),
  -- Random, so that it cannot be guessed. Also names the bytes in the store.
  id text not null,
  name text not null,
  -- writing: bytes arrive; fetching: they come from source_url; then stored or failed; deleting: they go.
  state text not null,
  -- The store that holds the bytes: folder or bucket.
  place text not null,
  content_type text,
  size bigint,
  sha256 bytea,
  source_url text,
  -- Why it could not be fetched; completes a sentence.
  failure text,
  attempt integer not null default 0,
  -- When a fetch is due, or the lease of a server that fetches it ends.
  due_at timestamptz,
  -- When the file goes unless a part has it. Null: a part has it.
  remove_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

-- For the jobs of all workspaces.
create index files_due_at on parley.files (due_at) where due_at is not null;
create index files_remove_at on parley.files (remove_at) where remove_at is not null;

-- The files of a part, in their order. Several parts may have one file.
create table parley.part_files (
  workspace_id bigint not null references parley.workspaces (id),
  conversation_id bigint not null,
  -- Of the part in the conversation.
  position integer not null,
  ordinal integer not null,
  file_id text not null,
  primary key (workspace_id, conversation_id, position, ordinal)
);

create index part_files_file on parley.part_files (workspace_id, file_id);

-- The bytes that the stored files of a workspace take together.
create table parley.file_usage (
  workspace_id bigint not null references parley.workspaces (id),
  bytes bigint not null,
  updated_at timestamptz not null default now(),
  primary key (workspace_id)
);

alter table parley.files enable row level security, force row level security;
alter table parley.part_files enable row level security, force row level security;
alter table parley.file_usage enable row level security, force row level security;

create policy one_workspace on parley.files
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy one_workspace on parley.part_files
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy one_workspace on parley.file_usage
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
