// Reads contacts. Writes go through the engine (engine/persist.ts).

import type { Contact } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';

/** Lists the columns of a contact under an alias. */
export const contactColumns = (c: string): string =>
  `${c}.id, ${c}.role, ${c}.external_id as "externalId", ${c}.name, ${c}.email, ${c}.phone,
    ${c}.profile, ${c}.tag_ids as "tagIds", ${c}.custom_attributes as "customAttributes",
    ${c}.signed_up_at as "signedUpAt", ${c}.last_replied_at as "lastRepliedAt",
    ${c}.archived_at as "archivedAt", ${c}.blocked_at as "blockedAt",
    ${c}.created_at as "createdAt", ${c}.updated_at as "updatedAt"`;

/** SQL of the ids of the contact of a row, and of the leads that were merged into it. `$1` is the workspace. */
export const personsOf = (row: string): string => `(
  select ${row}.id
  union all
  select id from contacts where workspace_id = $1 and merged_into = ${row}.id)`;

/** Finds a contact by its id; for a merged lead, its user (contract D.1). */
export async function findContact(
  connection: Connection,
  workspaceId: number,
  id: string,
): Promise<Contact | null> {
  const { rows } = await connection.query<Contact>({
    name: 'find_contact',
    text: `select ${contactColumns('c')} from contacts c
      where c.workspace_id = $1 and c.id = $2 and c.merged_into is null
        and c.deleted_at is null`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Finds several contacts by the requested ids; for a merged lead, its user. */
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
        select ${contactColumns('it')} from contacts it
        where it.workspace_id = $1 and it.id = coalesce(asked.merged_into, asked.id)) as c
      where asked.workspace_id = $1 and asked.id = any($2)`,
    values: [workspaceId, ids],
  });
  return new Map(rows.map(({ askedId, ...contact }) => [askedId, contact]));
}

/** Finds a user by external id, but no lead (contract D.1). */
export async function findUserByExternalId(
  connection: Connection,
  workspaceId: number,
  externalId: string,
): Promise<Contact | null> {
  const { rows } = await connection.query<Contact>({
    name: 'find_user_by_external_id',
    text: `select ${contactColumns('c')} from contacts c
      where c.workspace_id = $1 and c.external_id = $2 and c.role = 'user'`,
    values: [workspaceId, externalId],
  });
  return rows[0] ?? null;
}

export type ContactEnd = {
  readonly externalId: string | null;
  /** The user that the contact was merged into. */
  readonly mergedInto: string | null;
  readonly isDeleted: boolean;
};

/** Finds out how a contact ended; null if it never was. */
export async function findContactEnd(
  connection: Connection,
  workspaceId: number,
  id: string,
): Promise<ContactEnd | null> {
  const { rows } = await connection.query<ContactEnd>({
    name: 'find_contact_end',
    text: `select external_id as "externalId", merged_into as "mergedInto",
        deleted_at is not null as "isDeleted"
      from contacts where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}
