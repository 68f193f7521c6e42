-- Companies. Commands write them.
-- Lock cost: none, the table is new. Rollback: drop it.

create table parley.companies (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint not null generated always as identity,
  -- The caller's id.
  company_id text not null,
  name text,
  -- What else a caller says about it, by the names of the wire.
  details jsonb not null default '{}',
  custom_attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, company_id)
);

create index companies_name on parley.companies (workspace_id, name);

alter table parley.companies enable row level security, force row level security;

create policy one_workspace on parley.companies
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
