-- Which web pages may read the events of a channel in a browser: origins, exactly as browsers send them.
-- Lock cost: none to speak of, the column comes without a rewrite. Rollback: drop the column.

alter table parley.channels
  add column allowed_origins text[] not null default '{}';
