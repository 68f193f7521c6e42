-- Secrets that workflows send to webhooks, by the names that parley.yaml gives them.
-- Lock cost: creates only, nothing existing is touched. Rollback: drop the table; calls that name a secret fail then.

create table parley.secrets (
  workspace_id bigint not null references parley.workspaces (id),
  name text not null,
  -- Sealed with the secret key (base/seal.ts).
  sealed bytea not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

alter table parley.secrets enable row level security, force row level security;

create policy one_workspace on parley.secrets
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
