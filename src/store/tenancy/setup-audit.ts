// Writes the audit entries of an apply with one statement, however many there are, and finds the ids of their objects.

import type { AuditActor } from '../../core/model/audit.ts';
import type { Json } from '../../core/model/model.ts';
import type { Connection } from '../../database/pool.ts';
import { text } from '../sql/column-arrays.ts';
import { writeRows } from '../sql/write-rows.ts';

type SetupEntry = {
  readonly action: string;
  readonly objectType: string;
  /** The name of the object in the file; an admin's e-mail address. */
  readonly name: string;
  readonly before: Json;
  readonly after: Json;
  readonly details: Json;
};

const asJson = (value: Json): string | null => (value === null ? null : JSON.stringify(value));

/** Adds entries about objects that exist now. */
export async function addSetupEntries(
  connection: Connection,
  workspaceId: number,
  { type, id, origin }: AuditActor,
  entries: readonly SetupEntry[],
): Promise<void> {
  const columns = {
    action: text<SetupEntry>(({ action }) => action),
    object_type: text<SetupEntry>(({ objectType }) => objectType),
    name: text<SetupEntry>(({ name }) => name),
    actor_type: text<SetupEntry>(() => type),
    actor_id: text<SetupEntry>(() => id),
    token_id: text<SetupEntry>(() => (origin?.tokenId == null ? null : String(origin.tokenId))),
    source: text<SetupEntry>(() => origin?.source ?? null),
    state_before: text<SetupEntry>(({ before }) => asJson(before)),
    state_after: text<SetupEntry>(({ after }) => asJson(after)),
    details: text<SetupEntry>(({ details }) => asJson(details)),
  };
  await writeRows(
    connection,
    workspaceId,
    entries,
    columns,
    `insert into audit_log (workspace_id, actor_type, actor_id, token_id, source, action, object_type, object_id,
        state_before, state_after, details)
      select i.workspace_id, i.actor_type, i.actor_id, i.token_id::bigint, i.source, i.action, i.object_type,
        coalesce(case when i.object_type = 'workspace' then i.workspace_id end::text,
          coalesce(a.id, t.id, g.id, d.id, c.id, w.id)::text, i.name),
        i.state_before::json, i.state_after::json, i.details::json
      from input i
      left join admins a on i.object_type = 'admin'
        and a.workspace_id = i.workspace_id and lower(a.email) = lower(i.name)
      left join teams t on i.object_type = 'team' and t.workspace_id = i.workspace_id and t.name = i.name
      left join tags g on i.object_type = 'tag' and g.workspace_id = i.workspace_id and g.name = i.name
      left join data_attributes d on i.object_type = 'data_attribute'
        and d.workspace_id = i.workspace_id and d.model || '.' || d.name = i.name
      left join channels c on i.object_type = 'channel' and c.workspace_id = i.workspace_id and c.name = i.name
      left join workflows w on i.object_type = 'workflow' and w.workspace_id = i.workspace_id and w.name = i.name`,
  );
}
