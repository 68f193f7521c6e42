// Reads the setup of a workspace: what transitions may use besides the rows they touch. Writes nothing.

import type { EventFormat } from '../../core/conversation/transition-context.ts';
import type { Admin, Channel, DataAttribute, Tag, Team } from '../../core/model/model.ts';
import type { WorkflowDefinition, WorkflowVersion } from '../../core/workflow/definition.ts';
import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import { channelColumns } from '../tenancy/access.ts';

export type StoredSetup = {
  /** Increases with every change of the setup. */
  readonly configVersion: number;
  /** When a teammate last used the web app. */
  readonly inboxUsedAt: number | null;
  readonly channels: readonly (Channel & { readonly eventFormat: EventFormat })[];
  readonly admins: readonly Admin[];
  readonly teams: readonly Team[];
  readonly tags: readonly Tag[];
  readonly dataAttributes: readonly DataAttribute[];
  /** Current versions, in the order in which their triggers are tried. */
  readonly workflows: readonly WorkflowVersion[];
};

/** Reads the version of each workspace's setup; workspaces that do not exist are missing. */
export async function findConfigVersions(
  pool: Pool,
  workspaceIds: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await runStatement<{ id: number; version: number }>(pool, {
    name: 'config_versions',
    text: 'select id, config_version as version from workspaces where id = any($1::bigint[])',
    values: [workspaceIds],
  });
  return new Map(rows.map(({ id, version }) => [id, version]));
}

/** Loads the whole setup at one moment. */
export async function loadSetup(pool: Pool, workspaceId: number): Promise<StoredSetup | null> {
  const rows = await runStatement<StoredSetup>(pool, {
    name: 'load_setup',
    text: `select config_version as "configVersion", inbox_used_at as "inboxUsedAt",
      (select coalesce(json_agg(row_to_json(found)), '[]') from (
        select ${channelColumns}, coalesce(b.format, 'parley') as "eventFormat"
        from channels c
        left join channel_callbacks b on b.workspace_id = c.workspace_id and b.channel_id = c.id
        where c.workspace_id = $1) as found) as channels,
      (select coalesce(json_agg(row_to_json(found)), '[]') from (
        select id, name, email, job_title as "jobTitle", away_mode_enabled as "awayModeEnabled",
          away_mode_reassign as "awayModeReassign", has_inbox_seat as "hasInboxSeat",
          away_status_reason_id as "awayStatusReasonId"
        from admins where workspace_id = $1) as found) as admins,
      (select coalesce(json_agg(row_to_json(found)), '[]') from (
        select t.id, t.name, coalesce((
            select array_agg(m.admin_id order by m.admin_id) from team_members m
            where m.workspace_id = t.workspace_id and m.team_id = t.id), '{}') as "adminIds"
        from teams t where t.workspace_id = $1) as found) as teams,
      (select coalesce(json_agg(row_to_json(found)), '[]') from (
        select id, name from tags where workspace_id = $1) as found) as tags,
      (select coalesce(json_agg(row_to_json(found)), '[]') from (
        select model, name, data_type as "dataType", options, label
        from data_attributes
        where workspace_id = $1 and model <> 'company' and not is_archived) as found) as "dataAttributes",
      (select coalesce(json_agg(row_to_json(found)), '[]') from (
        select w.id as "workflowId", v.version, v.definition
        from workflows w
        join workflow_versions v on v.workspace_id = w.workspace_id and v.workflow_id = w.id
          and v.version = w.current_version
        where w.workspace_id = $1 order by w.position, w.id) as found) as workflows
      from workspaces where id = $1`,
    values: [workspaceId],
  });
  return rows[0] ?? null;
}

/** Finds one version of a workflow, current or not; null if there is none. */
export async function findDefinition(
  pool: Pool,
  workspaceId: number,
  workflowId: number,
  version: number,
): Promise<WorkflowDefinition | null> {
  const rows = await runStatement<{ definition: WorkflowDefinition }>(pool, {
    name: 'find_definition',
    text: `select definition from workflow_versions
      where workspace_id = $1 and workflow_id = $2 and version = $3`,
    values: [workspaceId, workflowId, version],
  });
  return rows[0]?.definition ?? null;
}
