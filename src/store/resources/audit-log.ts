// The audit log: commands write their entries here, and presenters read who tagged an object. The engine writes its own
// entries with its groups (store/engine/persist.ts).

import type { AuditEntry } from '../../core/model/audit.ts';
import type { TagApplication } from '../../core/presenters/tag.ts';
import type { Connection } from '../../database/pool.ts';

/** Adds an entry, as part of the connection's transaction. */
export async function addAuditEntry(
  connection: Connection,
  workspaceId: number,
  { actor, action, object, relatedId, details, before, after }: AuditEntry,
): Promise<void> {
  await connection.query({
    name: 'add_audit_entry',
    text: `insert into audit_log
      (workspace_id, actor_type, actor_id, action, object_type, object_id, related_id, details, token_id, source,
        state_before, state_after)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      workspaceId,
      actor.type,
      actor.id,
      action,
      object.type,
      object.id,
      relatedId,
      asJson(details),
      actor.origin?.tokenId ?? null,
      actor.origin?.source ?? null,
      asJson(before),
      asJson(after),
    ],
  });
}

const asJson = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);

/** Finds when each tag was last added to an object, and by whom; tags without an entry are missing. */
export async function findTagApplications(
  connection: Connection,
  workspaceId: number,
  object: { readonly type: 'contact' | 'conversation'; readonly id: string },
  tagIds: readonly number[],
): Promise<ReadonlyMap<number, TagApplication>> {
  if (tagIds.length === 0) return new Map();
  const { rows } = await connection.query<TagApplication & { readonly tagId: number }>({
    name: 'find_tag_applications',
    text: `select a.* from unnest($4::bigint[]) as t(id)
      cross join lateral (
        select t.id as "tagId", created_at as "appliedAt", actor_type as "actorType", actor_id as "actorId"
        from audit_log
        where workspace_id = $1 and object_type = $2 and object_id = $3
          and related_id = t.id::text and action = $2 || '.tagged'
        order by id desc limit 1) as a`,
    values: [workspaceId, object.type, object.id, tagIds],
  });
  return new Map(rows.map(({ tagId, ...application }) => [tagId, application]));
}

/** Finds the same for several conversations or contacts, by their ids. */
export async function findTagApplicationsOfAll(
  connection: Connection,
  workspaceId: number,
  type: 'contact' | 'conversation',
  tagged: readonly { readonly id: string | number; readonly tagIds: readonly number[] }[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, TagApplication>>> {
  const pairs = tagged.flatMap(({ id, tagIds }) =>
    tagIds.map((tagId) => [String(id), tagId] as const),
  );
  const found = new Map<string, Map<number, TagApplication>>();
  if (pairs.length === 0) return found;
  const { rows } = await connection.query<
    TagApplication & { readonly objectId: string; readonly tagId: number }
  >({
    name: 'find_tag_applications_of_all',
    text: `select t.object_id as "objectId", t.id as "tagId", a.*
      from unnest($3::text[], $4::bigint[]) as t(object_id, id)
      cross join lateral (
        select created_at as "appliedAt", actor_type as "actorType", actor_id as "actorId"
        from audit_log
        where workspace_id = $1 and object_type = $2 and object_id = t.object_id
          and related_id = t.id::text and action = $2 || '.tagged'
        order by id desc limit 1) as a`,
    values: [workspaceId, type, pairs.map(([id]) => id), pairs.map(([, tagId]) => tagId)],
  });
  for (const { objectId, tagId, ...application } of rows) {
    const ofObject = found.get(objectId) ?? new Map<number, TagApplication>();
    found.set(objectId, ofObject.set(tagId, application));
  }
  return found;
}
