-- JSON that is written once and given out whole stays the text that it is: nothing takes it apart (jsonb).
-- Lock cost: rewrites the four tables, each locked meanwhile: seconds a million rows. Rollback: the same, with jsonb.
-- Taking it apart was an eighth of the work of writing a conversation that a workflow greets.

alter table parley.conversations
  alter column run type json;

alter table parley.conversation_parts
  alter column metadata type json,
  alter column event_details type json,
  alter column assigned_to type json;

alter table parley.conversation_signals
  alter column content type json,
  alter column trace type json;

alter table parley.jobs
  alter column content type json;
