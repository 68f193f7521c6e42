// Reads contacts. Writes go through the engine (engine/persist.ts).

import type { Contact } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

const columns = `
  id, role, external_id as "externalId", name, email, phone, profile, tag_ids as "tagIds",
  custom_attributes as "customAttributes",
  signed_up_at as "signedUpAt", last_replied_at as "lastRepliedAt", archived_at as "archivedAt",
  blocked_at as "blockedAt", created_at as "createdAt", updated_at as "updatedAt"`;

/** Finds a contact by its id. A merged lead no longer exists: its user takes its place (contract D.1). */
export async function findContact(
  connection: Connection,
  workspaceId: number,
  id: string,
): Promise<Contact | null> {
  const { rows } = await connection.query<Contact>({
    name: 'find_contact',
    text: `select ${columns} from contacts where workspace_id = $1 and id = $2
      and merged_into is null and deleted_at is null`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Finds several contacts, by the requested ids; a merged lead's id leads to its user. */
export async function findContacts(
  connection: Connection,
  workspaceId: number,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Contact>> {
  const { rows } = await connection.query<Contact & { askedId: string }>({
    name: 'find_contacts',
    text: `select asked.id as "askedId", c.*
      from contacts asked
      cross join lateral (
        select ${columns} from contacts
        where workspace_id = $1 and id = coalesce(asked.merged_into, asked.id)) as c
      where asked.workspace_id = $1 and asked.id = any($2)`,
    values: [workspaceId, ids],
  });
  return new Map(rows.map(({ askedId, ...contact }) => [askedId, contact]));
}
