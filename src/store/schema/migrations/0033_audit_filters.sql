-- The filters of the audit log find few entries among many: by action, by actor, by token, by time.
-- Without these, each reads the whole log of the workspace: 0.1 to 1 s at 10^6 entries, and less than 1 ms with them.
-- Lock cost: writes of audit entries wait while the indexes are built, about 12 s at 10^6 entries.
-- Rollback: drop the indexes.

create index audit_log_action on parley.audit_log (workspace_id, action, id);
create index audit_log_actor on parley.audit_log (workspace_id, actor_type, actor_id, id);
create index audit_log_time on parley.audit_log (workspace_id, created_at, id);
create index audit_log_token on parley.audit_log (workspace_id, token_id, id) where token_id is not null;
