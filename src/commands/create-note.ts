// Writes a note about an existing contact: not deleted, and not merged into another.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Note } from '../core/model/model.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findContact } from '../store/resources/contacts.ts';
import { insertNote } from '../store/resources/notes.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Writes the note. @param note has a body of sanitised HTML and an admin of the workspace. */
export const createNote = (
  context: CommandContext,
  note: Pick<Note, 'contactId' | 'adminId' | 'body'>,
): Promise<Result<Note, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const contact = await findContact(connection, workspaceId, note.contactId);
    if (contact === null) return fail(apiError('contactNotFound'));
    const written = await insertNote(connection, workspaceId, note);
    const object = { type: 'note', id: String(written.id) } as const;
    const entry = { action: 'note.created', actor, object, relatedId: note.contactId } as const;
    await addAuditEntry(connection, workspaceId, entry);
    return ok(written);
  });
