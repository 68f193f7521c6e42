-- One lower case, that of Unicode, as JavaScript has it. The database's own locale may know only A to Z, or no final sigma:
-- then two e-mails or names were equal to one side and different to the other.
-- Lock cost: the generated column rewrites contacts under an exclusive lock and its index is built under it: some 5 s for
-- a million rows. Rollback: the column with lower(email), the index on lower(name), no function.

-- The collation of the result is the default one, so that comparisons with it can use an index.
create function parley.fold_case(given text) returns text
  language sql immutable strict parallel safe
  return lower(given collate "und-x-icu") collate "default";

alter table parley.contacts
  drop column email_key,
  add column email_key text generated always as (parley.fold_case(email)) stored;
create index contacts_email on parley.contacts (workspace_id, email_key) where email_key is not null;

-- Tags that are the same by the new rule keep their contacts and get names of their own.
update parley.tags later set name = later.name || ' (' || later.id || ')'
where exists (
  select from parley.tags earlier
  where earlier.workspace_id = later.workspace_id and earlier.id < later.id
    and parley.fold_case(earlier.name) = parley.fold_case(later.name));
drop index parley.tags_name;
create unique index tags_name on parley.tags (workspace_id, parley.fold_case(name));
