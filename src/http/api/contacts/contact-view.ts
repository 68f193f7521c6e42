// Contacts with what belongs to them, read from the database and made ready to be answered. Shared by the routes that
// show contacts; writes nothing.

import type { Contact } from '../../../core/model/model.ts';
import { LISTED_MAX, presentContact } from '../../../core/presenters/contact.ts';
import type { Connection } from '../../../database/pool.ts';
import { findNoteLists } from '../../../store/resources/notes.ts';
import { findTags } from '../../../store/resources/tags.ts';

/** Contacts as the wire shows them, in their order. */
export async function readContactViews(
  connection: Connection,
  workspaceId: number,
  contacts: readonly Contact[],
): Promise<object[]> {
  if (contacts.length === 0) return [];
  const tagIds = [...new Set(contacts.flatMap((contact) => contact.tagIds))];
  // A deleted tag stays in the row.
  const present = new Set((await findTags(connection, workspaceId, tagIds)).map(({ id }) => id));
  const ids = contacts.map(({ id }) => id);
  const notes = await findNoteLists(connection, workspaceId, ids, LISTED_MAX);
  return contacts.map((contact) => {
    const tags = contact.tagIds.filter((id) => present.has(id));
    return presentContact(contact, workspaceId, {
      tags: { ids: tags, count: tags.length },
      notes: notes.get(contact.id) ?? { ids: [], count: 0 },
    });
  });
}
