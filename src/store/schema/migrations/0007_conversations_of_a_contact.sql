-- Finds the last conversation of a contact, whom a reply to `last` means: without it, each walked the whole workspace.
-- Lock cost: reads conversations once and blocks writes meanwhile: a second a million rows. Rollback: drop the index.

create index conversations_contact on parley.conversations (workspace_id, contact_id, id)
  where deleted_at is null;
