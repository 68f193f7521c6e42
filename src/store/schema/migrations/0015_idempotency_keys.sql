-- Idempotency keys of requests without an event_id, and the effects that those requests had
-- (docs/decisions/0015-idempotency-keys.md).
-- Lock cost: creates only, nothing existing is touched. Rollback: drop the two tables.

-- A request that carried a key: whose, its content, and its response once it has one.
create table parley.idempotency_keys (
  workspace_id bigint not null references parley.workspaces (id),
  id bigint not null generated always as identity,
  -- The channel and the admin of the token: two tokens of both are one caller.
  principal text not null,
  key text not null,
  -- SHA-256 of method, path and body.
  request_hash bytea not null,
  created_at timestamptz not null default now(),
  -- Until when a server works on it; null: none does.
  leased_until timestamptz,
  -- Null until there is a response to keep.
  status smallint,
  body text,
  primary key (workspace_id, id),
  unique (workspace_id, principal, key)
);
-- For the removal of old keys, in all workspaces.
create index idempotency_keys_created_at on parley.idempotency_keys (created_at);

-- An effect of such a request, written in the transaction of the effect: a repeat finds it and does not do it again.
create table parley.idempotency_effects (
  workspace_id bigint not null,
  key_id bigint not null,
  -- Which signal or command of the request it was, such as `signal 1`.
  step text not null,
  -- The result of a signal.
  conversation_id bigint,
  contact_id text,
  -- The result of a command.
  result json,
  primary key (workspace_id, key_id, step),
  foreign key (workspace_id, key_id) references parley.idempotency_keys (workspace_id, id) on delete cascade
);

alter table parley.idempotency_keys enable row level security, force row level security;
alter table parley.idempotency_effects enable row level security, force row level security;

create policy one_workspace on parley.idempotency_keys
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
create policy one_workspace on parley.idempotency_effects
  using (workspace_id = (select parley.visible_workspace_id()) or (select parley.sees_all_workspaces()))
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
