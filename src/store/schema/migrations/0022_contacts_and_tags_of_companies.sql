-- Which contacts belong to which companies, and the tags of companies. Commands write both.
-- Lock cost: none, the tables are new. Rollback: drop them.

-- No reference to contacts: the engine writes those and pays nothing for companies. Links of a deleted contact are never
-- shown, those of a merged lead are read with its user.
create table parley.company_contacts (
  workspace_id bigint not null,
  company_id bigint not null,
  contact_id text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, company_id, contact_id),
  foreign key (workspace_id, company_id) references parley.companies (workspace_id, id) on delete cascade
);

create index company_contacts_of_contact on parley.company_contacts (workspace_id, contact_id, company_id);

create table parley.company_tags (
  workspace_id bigint not null,
  company_id bigint not null,
  tag_id bigint not null,
  primary key (workspace_id, company_id, tag_id),
  foreign key (workspace_id, company_id) references parley.companies (workspace_id, id) on delete cascade,
  foreign key (workspace_id, tag_id) references parley.tags (workspace_id, id) on delete cascade
);

create index company_tags_of_tag on parley.company_tags (workspace_id, tag_id, company_id);

alter table parley.company_contacts enable row level security, force row level security;
alter table parley.company_tags enable row level security, force row level security;

create policy one_workspace on parley.company_contacts
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

create policy one_workspace on parley.company_tags
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
