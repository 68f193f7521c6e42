// A note about a contact as the wire shows it (contract D.1).

import type { Admin, Note, Team } from '../model/model.ts';
import { presentAdmin } from './admin.ts';
import { seconds } from './seconds.ts';

/** Presents a note. Its author is null if the workspace no longer has the admin. */
export function presentNote(
  note: Note,
  admins: ReadonlyMap<number, Admin>,
  teams: ReadonlyMap<number, Team>,
): object {
  const author = note.adminId === null ? undefined : admins.get(note.adminId);
  return {
    type: 'note',
    id: String(note.id),
    created_at: seconds(note.createdAt),
    contact: { type: 'contact', id: note.contactId },
    author: author === undefined ? null : presentAdmin(author, teams),
    body: note.body,
  };
}
