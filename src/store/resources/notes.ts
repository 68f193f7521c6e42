// Notes about contacts: read as a workspace, and written by commands as a part of their transaction. What was written
// about a lead is read with the user that it was merged into.

import type { ContactList } from '../../core/presenters/contact.ts';
import type { Connection } from '../../database/pool.ts';

/** The contact of the row `c` with the leads that were merged into it. */
const persons = `(
  select c.id
  union all
  select id from contacts where workspace_id = $1 and merged_into = c.id)`;

/** How many notes each contact has, and the newest of them; nothing for contacts without notes. */
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
      cross join lateral ${persons} as person
      join notes n on n.workspace_id = $1 and n.contact_id = person.id
      group by c.id`,
    values: [workspaceId, contactIds, idsMax],
  });
  return new Map(rows.map(({ contactId, ...list }) => [contactId, list]));
}
