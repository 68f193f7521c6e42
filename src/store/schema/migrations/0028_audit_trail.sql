-- From where a change in the audit log came, with which token, and what it changed from and to.
-- Lock cost: the columns come without a rewrite. Rollback: drop the columns.

alter table parley.audit_log
  -- The access token of the request; null for the command line, workflows and the start of a server.
  add column token_id bigint,
  -- The address of the client, `cli` or `start`; null for workflows, and for entries from before this column.
  add column source text,
  -- Small JSON, without secrets and personal data.
  add column state_before json,
  add column state_after json;
