// Reads contacts with their tags, notes and companies, and presents them for a response. Shared by the routes that
// show contacts; writes nothing.

import type { Contact } from '../../../core/model/model.ts';
import { LISTED_MAX, noList, presentContact } from '../../../core/presenters/contact.ts';
import type { Connection } from '../../../database/pool.ts';
import { findCompanyLists } from '../../../store/resources/company-contacts.ts';
import { findNoteLists } from '../../../store/resources/notes.ts';
import { findTags } from '../../../store/resources/tags.ts';

/** Presents contacts, in their order. */
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
  const companies = await findCompanyLists(connection, workspaceId, ids, LISTED_MAX);
  return contacts.map((contact) => {
    const tags = contact.tagIds.filter((id) => present.has(id));
    return presentContact(contact, workspaceId, {
      tags: { ids: tags, count: tags.length },
      notes: notes.get(contact.id) ?? noList,
      companies: companies.get(contact.id) ?? noList,
    });
  });
}
