-- How the callback of each channel does, dead letters that were discarded, and when a token was last used.
-- Lock cost: a moment for two columns; the index of dead letters is made anew, a second a million. Rollback: drop the
-- table and the columns, and make dead_letters_channel again without its condition.

-- Written when an endpoint begins to fail and when it takes events again, never for each event.
create table parley.callback_health (
  workspace_id bigint not null,
  channel_id bigint not null,
  -- What is known of one address says nothing about the next.
  url text not null,
  -- Null: it takes events.
  failing_since timestamptz,
  reason text,
  changed_at timestamptz not null default now(),
  primary key (workspace_id, channel_id),
  foreign key (workspace_id, channel_id) references parley.channels (workspace_id, id)
);

alter table parley.callback_health enable row level security, force row level security;
create policy one_workspace on parley.callback_health
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));

-- Kept, so that one can tell later what became of the event.
alter table parley.dead_letters add column discarded_at timestamptz;
drop index parley.dead_letters_channel;
create index dead_letters_channel on parley.dead_letters (workspace_id, channel_id, parked_at)
  where discarded_at is null;

-- To the minute.
alter table parley.access_tokens add column last_used_at timestamptz;
