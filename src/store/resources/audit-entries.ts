// Reads the audit log of a workspace, newest first. Writes nothing; store/resources/audit-log.ts does.

import type { StoredAuditEntry } from '../../core/presenters/audit-entry.ts';
import type { Connection } from '../../database/pool.ts';

/** Which entries to read; null: whatever they are. */
export type AuditFilter = {
  readonly objectType: string | null;
  readonly objectId: string | null;
  readonly actorType: string | null;
  /** The id of the teammate, the token or the workflow. */
  readonly actorId: string | null;
  readonly action: string | null;
  /** Entries from this time on, in milliseconds since 1970. */
  readonly sinceMs: number | null;
};

/** Lists entries. @param beforeId only entries older than this one. */
export async function listAuditEntries(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  filter: AuditFilter,
  page: { readonly beforeId: number | null; readonly count: number },
): Promise<StoredAuditEntry[]> {
  const isToken = filter.actorType === 'token';
  const { rows } = await connection.query<StoredAuditEntry>({
    text: `select e.id, e.created_at as "createdAt", e.actor_type as "actorType", e.actor_id as "actorId",
        e.token_id as "tokenId", t.name as "tokenName", e.source, e.action, e.object_type as "objectType",
        e.object_id as "objectId", e.related_id as "relatedId", e.state_before as before, e.state_after as after,
        e.details
      from audit_log e
      left join access_tokens t on t.workspace_id = e.workspace_id and t.id = e.token_id
      where e.workspace_id = $1
        and ($2::text is null or e.object_type = $2) and ($3::text is null or e.object_id = $3)
        and ($4::text is null or e.actor_type = $4) and ($5::text is null or e.actor_id = $5)
        and ($6::bigint is null or e.token_id = $6)
        and ($7::text is null or e.action = $7)
        and ($8::float8 is null or e.created_at >= to_timestamp($8::float8 / 1000))
        and ($9::bigint is null or e.id < $9)
      order by e.id desc limit $10`,
    values: [
      workspaceId,
      filter.objectType,
      filter.objectId,
      isToken ? null : filter.actorType,
      isToken ? null : filter.actorId,
      isToken ? Number(filter.actorId) : null,
      filter.action,
      filter.sinceMs,
      page.beforeId,
      page.count,
    ],
  });
  return rows;
}
