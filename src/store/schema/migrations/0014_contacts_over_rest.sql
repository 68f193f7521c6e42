-- Contacts over the REST API: their rarely set fields, their deletion, their notes, and their e-mail in
-- lower case, by which they are found.
-- Lock cost: the generated column rewrites contacts under an exclusive lock, and the indexes are built under it: some
-- 5 s for a million rows; the other columns come without a rewrite. Rollback: drop the columns, tables and indexes.

alter table parley.contacts
  -- Owner, avatar and the like: {} for nearly all contacts.
  add column profile jsonb not null default '{}',
  -- What is left of a deleted contact: its id, so that conversations still have an author. Its external id is free again.
  add column deleted_at timestamptz,
  add column email_key text generated always as (lower(email)) stored;

-- A column and not an expression: under row-level security lower() is trusted too little for an index.
create index contacts_email on parley.contacts (workspace_id, email_key) where email_key is not null;

-- The leads that a user has taken in.
create index contacts_merged_into on parley.contacts (workspace_id, merged_into) where merged_into is not null;

-- Guards against two users that get the same e-mail over the API at the same time (optimistic concurrency): whoever gives
-- an e-mail to a user writes its row over the number that was read. Events of apps may share e-mails (contract row 14)
-- and pass by it, so it is no unique index of contacts.
create table parley.email_guards (
  workspace_id bigint not null,
  -- A hash: the guard must not keep an e-mail that is deleted elsewhere.
  email_hash bytea not null,
  signal_number bigint not null,
  primary key (workspace_id, email_hash)
);

alter table parley.email_guards enable row level security, force row level security;

create policy one_workspace on parley.email_guards
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));

-- What teammates write about a contact. A merged lead's notes stay where they are: they are read with the user's.
create table parley.notes (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint not null generated always as identity,
  contact_id text not null,
  -- The teammate; null when none was named.
  admin_id bigint,
  -- Sanitised HTML.
  body text not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

create index notes_of_contact on parley.notes (workspace_id, contact_id, id);

alter table parley.notes enable row level security, force row level security;

create policy one_workspace on parley.notes
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
