-- Data attributes over the REST API: those of companies, who created one, when it changed, and whether the messenger
-- may write it. Commands write them.
-- Lock cost: the columns come without a rewrite; the constraint reads the table, which has a few rows for each workspace.
-- Rollback: delete the attributes of companies, drop the columns, set the constraint and the policy back.

alter table parley.data_attributes
  add column updated_at timestamptz not null default now(),
  add column admin_id bigint,
  add column messenger_writable boolean not null default false,
  drop constraint data_attributes_model_check,
  add constraint data_attributes_model_check check (model in ('contact', 'company', 'conversation'));

update parley.data_attributes set updated_at = created_at;

alter policy one_workspace on parley.data_attributes
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
