// Workflows and their versions: reads them for people and for whoever applies a file, adds versions, and says which one
// is current. A version that is there is never changed.

import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import type { Connection, Pool } from '../database/pool.ts';
import { runStatement } from './run-statement.ts';

export type WorkflowRow = {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  /** Null: it is switched off. */
  readonly currentVersion: number | null;
  /** Null: it has no version yet. */
  readonly latestVersion: number | null;
};

const columns = `
  w.id, w.name, w.position, w.current_version as "currentVersion",
  (select max(v.version) from workflow_versions v
    where v.workspace_id = w.workspace_id and v.workflow_id = w.id) as "latestVersion"`;

/** The workflows of a workspace, in the order in which their triggers are tried. */
export async function readWorkflows(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
): Promise<WorkflowRow[]> {
  const { rows } = await connection.query<WorkflowRow>(
    `select ${columns} from workflows w where w.workspace_id = $1
      order by w.current_version is null, w.position, w.id`,
    [workspaceId],
  );
  return rows;
}

export type WorkflowVersionRow = {
  readonly version: number;
  readonly definition: WorkflowDefinition;
  /** The file as it was applied. */
  readonly source: string;
  readonly createdAt: number;
};

/** All versions of a workflow, the newest first. */
export async function readVersions(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  workflowId: number,
): Promise<WorkflowVersionRow[]> {
  const { rows } = await connection.query<WorkflowVersionRow>(
    `select version, definition, source, created_at as "createdAt" from workflow_versions
      where workspace_id = $1 and workflow_id = $2 order by version desc`,
    [workspaceId, workflowId],
  );
  return rows;
}

/** One version of a workflow. */
export async function findVersion(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  workflowId: number,
  version: number,
): Promise<WorkflowVersionRow | null> {
  const { rows } = await connection.query<WorkflowVersionRow>(
    `select version, definition, source, created_at as "createdAt" from workflow_versions
      where workspace_id = $1 and workflow_id = $2 and version = $3`,
    [workspaceId, workflowId, version],
  );
  return rows[0] ?? null;
}

/** Makes a workflow without a version. */
export async function insertWorkflow(
  connection: Connection,
  workspaceId: number,
  name: string,
  position: number,
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>(
    `insert into workflows (workspace_id, name, position) values ($1, $2, $3) returning id`,
    [workspaceId, name, position],
  );
  return rows[0]!.id;
}

export async function insertVersion(
  connection: Connection,
  workspaceId: number,
  workflowId: number,
  { version, definition, source }: Omit<WorkflowVersionRow, 'createdAt'>,
): Promise<void> {
  await connection.query(
    `insert into workflow_versions (workspace_id, workflow_id, version, definition, source)
      values ($1, $2, $3, $4, $5)`,
    [workspaceId, workflowId, version, JSON.stringify(definition), source],
  );
}

/** Sets where a workflow stands and which version is current; null switches it off. */
export async function updateWorkflow(
  connection: Connection,
  workspaceId: number,
  { id, position, currentVersion }: Pick<WorkflowRow, 'id' | 'position' | 'currentVersion'>,
): Promise<void> {
  await connection.query(
    `update workflows set position = $3, current_version = $4 where workspace_id = $1 and id = $2`,
    [workspaceId, id, position, currentVersion],
  );
}

/** Makes a version that exists the current one. */
export async function makeCurrent(
  pool: Pool,
  workspaceId: number,
  workflowId: number,
  version: number,
): Promise<void> {
  await runStatement(pool, {
    text: `update workflows set current_version = $3 where workspace_id = $1 and id = $2`,
    values: [workspaceId, workflowId, version],
  });
}

/** A conversation whose run waits at a step. */
export type WaitingRun = {
  readonly conversationId: number;
  readonly externalId: string;
  readonly channelId: number;
  readonly stepId: string;
  readonly version: number;
};

/** The conversations that wait in a workflow, the oldest first. Reads all conversations: for administrators. */
export function listWaitingRuns(
  pool: Pool,
  workspaceId: number,
  workflowId: number,
): Promise<WaitingRun[]> {
  return runStatement<WaitingRun>(pool, {
    text: `select id as "conversationId", external_id as "externalId", channel_id as "channelId",
        run->>'stepId' as "stepId", (run->>'version')::integer as version
      from conversations
      where workspace_id = $1 and deleted_at is null and run->>'status' = 'waiting'
        and run->>'workflowId' = $2
      order by id`,
    values: [workspaceId, String(workflowId)],
  });
}

/** How many conversations wait in each workflow, by its id. Reads all conversations: for administrators. */
export async function countWaitingRuns(
  pool: Pool,
  workspaceId: number,
): Promise<ReadonlyMap<number, number>> {
  const rows = await runStatement<{ workflowId: number; count: number }>(pool, {
    text: `select (run->>'workflowId')::bigint as "workflowId", count(*) as count from conversations
      where workspace_id = $1 and deleted_at is null and run->>'status' = 'waiting'
      group by 1`,
    values: [workspaceId],
  });
  return new Map(rows.map(({ workflowId, count }) => [workflowId, count]));
}
