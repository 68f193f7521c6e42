-- Away mode over the REST API, and the activity log: what an audit entry tells besides who, what and when; and an index
-- of the entries that are not about a single contact or conversation, which are most of the log.
-- Lock cost: the columns come without a rewrite; the index is built under an exclusive lock of the audit log.
-- Rollback: drop the index, the columns and the policy.

alter table parley.admins
  add column away_status_reason_id bigint;

-- Commands change teammates; only parley apply and the first start add them.
create policy command_updates on parley.admins for update
  using (workspace_id = (select parley.visible_workspace_id()))
  with check (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace()));

alter table parley.audit_log
  add column details json;

create index audit_log_activities on parley.audit_log (workspace_id, created_at, id)
  where object_type <> 'contact' and object_type <> 'conversation' and object_type <> 'note';
