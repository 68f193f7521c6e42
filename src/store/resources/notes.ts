// Reads and writes notes about contacts; commands write them as part of their transaction. Notes about a lead are read
// with the user that it was merged into.

import type { Note } from '../../core/model/model.ts';
import type { ContactList } from '../../core/presenters/contact.ts';
import type { Connection } from '../../database/pool.ts';
import { personsOf } from './contacts.ts';

/** Counts the notes of each contact and finds the newest; contacts without notes are missing. */
export async function findNoteLists(
  connection: Connection,
  workspaceId: number,
  contactIds: readonly string[],
  idsMax: number,
): Promise<ReadonlyMap<string, ContactList>> {
  const { rows } = await connection.query<ContactList & { readonly contactId: string }>({
    name: 'find_note_lists',
    text: `select c.id as "contactId", (array_agg(n.id order by n.id desc))[1:$3] as ids, count(*) as count
      from unnest($2::text[]) as c(id)
      cross join lateral ${personsOf('c')} as person
      join notes n on n.workspace_id = $1 and n.contact_id = person.id
      group by c.id`,
    values: [workspaceId, contactIds, idsMax],
  });
  return new Map(rows.map(({ contactId, ...list }) => [contactId, list]));
}

const columns = `n.id, coalesce(c.merged_into, c.id) as "contactId", n.admin_id as "adminId", n.body,
  n.created_at as "createdAt"`;

/** Finds a note, unless its contact was deleted. */
export async function findNote(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<Note | null> {
  const { rows } = await connection.query<Note>({
    name: 'find_note',
    text: `select ${columns} from notes n
      join contacts c on c.workspace_id = n.workspace_id and c.id = n.contact_id
      where n.workspace_id = $1 and n.id = $2 and c.deleted_at is null`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Lists a page of a contact's notes, newest first. */
export async function listNotes(
  connection: Connection,
  workspaceId: number,
  contactId: string,
  { offset, count }: { readonly offset: number; readonly count: number },
): Promise<Note[]> {
  const { rows } = await connection.query<Note>({
    name: 'list_notes',
    text: `select ${columns} from contacts asked
      cross join lateral (
        select asked.id, null as merged_into
        union all
        select id, merged_into from contacts where workspace_id = $1 and merged_into = asked.id) as c
      join notes n on n.workspace_id = $1 and n.contact_id = c.id
      where asked.workspace_id = $1 and asked.id = $2
      order by n.id desc offset $3 limit $4`,
    values: [workspaceId, contactId, offset, count],
  });
  return rows;
}

export async function insertNote(
  connection: Connection,
  workspaceId: number,
  note: Pick<Note, 'contactId' | 'adminId' | 'body'>,
): Promise<Note> {
  const { rows } = await connection.query<Pick<Note, 'id' | 'createdAt'>>({
    name: 'insert_note',
    text: `insert into notes (workspace_id, contact_id, admin_id, body) values ($1, $2, $3, $4)
      returning id, created_at as "createdAt"`,
    values: [workspaceId, note.contactId, note.adminId, note.body],
  });
  return { ...note, ...rows[0]! };
}
