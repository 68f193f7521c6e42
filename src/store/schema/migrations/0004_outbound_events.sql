-- The log of outbound events, and their delivery to the app's callback.
-- Lock cost: creates only, nothing existing is touched. Rollback: drop the tables and functions of this file.

-- How the app behind a channel is told. A channel without a row, or without a url, is read by polling or SSE.
create table parley.channel_callbacks (
  workspace_id bigint not null,
  channel_id bigint not null,
  url text,
  format text not null default 'parley' check (format in ('parley', 'intercom')),
  timeout_ms integer not null default 15000,
  -- Null: the default schedule of core/retry-schedule.ts.
  retry_delays_ms integer[],
  allowed_cidrs text[] not null default '{}',
  -- A header with a fixed value, for receivers that check nothing else.
  token_header text,
  token_sealed bytea,
  -- Sealed with the secret key (base/seal.ts).
  secret_sealed bytea not null,
  previous_secret_sealed bytea,
  previous_secret_until timestamptz,
  disabled_at timestamptz,
  disabled_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (workspace_id, channel_id),
  foreign key (workspace_id, channel_id) references parley.channels (workspace_id, id)
);

-- Positions in the log rise with the transactions that wrote them. The numbers of transactions start again in a cluster
-- that a dump was restored to: then the offset is raised above all that is in the log (store/outbox/event-log.ts).
create table parley.log_offset (
  only_row boolean primary key default true check (only_row),
  value bigint not null default 0
);
insert into parley.log_offset default values;

-- The position of what is written now.
create function parley.next_position() returns bigint language sql volatile as
  $$ select pg_current_xact_id()::text::bigint + (select value from parley.log_offset) $$;

-- Positions below this one are complete: nothing can be added there any more.
create function parley.settled_position() returns bigint language sql volatile as
  $$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (select value from parley.log_offset) $$;

create table parley.outbound_events (
  workspace_id bigint not null,
  conversation_id bigint not null,
  -- 1, 2, 3… in the conversation, without a gap.
  sequence integer not null,
  channel_id bigint not null,
  name text not null,
  -- The event as every door gives it out, byte for byte.
  body text not null,
  position bigint not null,
  created_at timestamptz not null,
  primary key (workspace_id, conversation_id, sequence)
);
-- All events of a group have one position, so the index keeps them as one entry; readers sort them, which costs less.
create index outbound_events_position on parley.outbound_events (workspace_id, channel_id, position);

-- A lane delivers the events of one conversation, one at a time, in order.
create table parley.delivery_lanes (
  workspace_id bigint not null,
  conversation_id bigint not null,
  channel_id bigint not null,
  next_sequence integer not null,
  last_sequence integer not null,
  -- Failed attempts at next_sequence.
  attempt integer not null default 0,
  -- The first sequence that was parked since the last delivery: what the next one tells the receiver.
  gap_from integer,
  -- When there is something to do; null when there is not. A lease moves it to where the lease ends, so what a killed
  -- server held comes back by itself.
  due_at timestamptz,
  lease text,
  primary key (workspace_id, conversation_id)
) with (fillfactor = 70);
create index delivery_lanes_due on parley.delivery_lanes (workspace_id, channel_id, due_at)
  where due_at is not null;

-- Every try to deliver an event, kept for people.
create table parley.delivery_attempts (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  attempted_at timestamptz not null,
  channel_id bigint not null,
  -- Null when there was no answer.
  status integer,
  outcome text not null check (outcome in ('delivered', 'retry', 'parked', 'disabled')),
  latency_ms integer not null,
  -- The first 2 KB of the answer, or what went wrong.
  detail text not null
);
create index delivery_attempts_event
  on parley.delivery_attempts (workspace_id, conversation_id, sequence, attempted_at);

-- Events that were given up; the lane went on without them.
create table parley.dead_letters (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  channel_id bigint not null,
  reason text not null,
  parked_at timestamptz not null default now(),
  primary key (workspace_id, conversation_id, sequence)
);
create index dead_letters_channel on parley.dead_letters (workspace_id, channel_id, parked_at);

-- Events that a person asked to be sent again; a lane serves them before what is new.
create table parley.delivery_resends (
  workspace_id bigint not null,
  conversation_id bigint not null,
  sequence integer not null,
  attempt integer not null default 0,
  requested_at timestamptz not null default now(),
  primary key (workspace_id, conversation_id, sequence)
);

create trigger count_config_change after insert or update or delete on parley.channel_callbacks
  for each row execute function parley.count_config_change();

alter table parley.channel_callbacks enable row level security, force row level security;
alter table parley.outbound_events enable row level security, force row level security;
alter table parley.delivery_lanes enable row level security, force row level security;
alter table parley.delivery_attempts enable row level security, force row level security;
alter table parley.dead_letters enable row level security, force row level security;
alter table parley.delivery_resends enable row level security, force row level security;

create policy one_workspace on parley.channel_callbacks
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.outbound_events
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.delivery_lanes
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.delivery_attempts
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.dead_letters
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));
create policy one_workspace on parley.delivery_resends
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces()));

-- Belongs to no workspace, and says nothing about any.
alter table parley.log_offset enable row level security, force row level security;
create policy everybody_reads on parley.log_offset
  using (true) with check ((select parley.sees_all_workspaces()));
