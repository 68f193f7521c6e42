-- Tells a job that a server is at work on from one that waits for its next try: both have a due_at ahead of now.
-- Lock cost: a moment; no row is touched. Rollback: drop the column.

alter table parley.jobs
  add column is_leased boolean not null default false;
