// Workflows and their versions: reads them, adds versions, and sets the current one. An existing version is never
// changed.

import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import type { Connection } from '../../database/pool.ts';
import { bigint, integer, jsonb, text } from '../sql/column-arrays.ts';
import { writeRows } from '../sql/write-rows.ts';

/** The characters of workflow files that one statement writes. */
const STATEMENT_CHARACTERS_MAX = 4_000_000;

export type WorkflowRow = {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  /** The current version; null: the workflow is switched off. */
  readonly currentVersion: number | null;
  /** The latest version; null: it has none yet. */
  readonly latestVersion: number | null;
};

const columns = `
  w.id, w.name, w.position, w.current_version as "currentVersion",
  (select max(v.version) from workflow_versions v
    where v.workspace_id = w.workspace_id and v.workflow_id = w.id) as "latestVersion"`;

/** Lists the workflows of a workspace, in the order in which their triggers are tried. */
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
  /** The file as applied. */
  readonly source: string;
  readonly createdAt: number;
};

/** The most versions that are listed. */
const VERSIONS_LISTED_MAX = 1_000;

/** Lists the versions of a workflow without their contents, the newest first. */
export async function listVersionNumbers(
  connection: Connection,
  workspaceId: number,
  workflowId: number,
): Promise<Pick<WorkflowVersionRow, 'version' | 'createdAt'>[]> {
  const { rows } = await connection.query<Pick<WorkflowVersionRow, 'version' | 'createdAt'>>(
    `select version, created_at as "createdAt" from workflow_versions
      where workspace_id = $1 and workflow_id = $2 order by version desc limit ${VERSIONS_LISTED_MAX}`,
    [workspaceId, workflowId],
  );
  return rows;
}

/** Reads the current definitions of the workflows that are on, by their ids. */
export async function readCurrentDefinitions(
  connection: Connection,
  workspaceId: number,
): Promise<ReadonlyMap<number, WorkflowDefinition>> {
  const { rows } = await connection.query<{ id: number; definition: WorkflowDefinition }>(
    `select w.id, v.definition from workflows w
      join workflow_versions v on v.workspace_id = w.workspace_id and v.workflow_id = w.id
        and v.version = w.current_version
      where w.workspace_id = $1`,
    [workspaceId],
  );
  return new Map(rows.map(({ id, definition }) => [id, definition]));
}

/** Finds one version of a workflow. */
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

type Numbered = { readonly workflowId: number; readonly version: number };

/** Finds versions of several workflows; missing ones are left out. */
export async function findVersions(
  connection: Connection,
  workspaceId: number,
  wanted: readonly Numbered[],
): Promise<readonly (WorkflowVersionRow & Numbered)[]> {
  const columns = {
    workflow_id: bigint<Numbered>(({ workflowId }) => workflowId),
    version: integer<Numbered>(({ version }) => version),
  };
  return writeRows<Numbered, WorkflowVersionRow & Numbered>(
    connection,
    workspaceId,
    wanted,
    columns,
    `select v.workflow_id as "workflowId", v.version, v.definition, v.source, v.created_at as "createdAt"
      from input i join workflow_versions v
        on v.workspace_id = i.workspace_id and v.workflow_id = i.workflow_id and v.version = i.version`,
  );
}

type NewWorkflow = Pick<WorkflowRow, 'name' | 'position'>;

/** Inserts workflows without a version. @returns their ids by name. */
export async function insertWorkflows(
  connection: Connection,
  workspaceId: number,
  workflows: readonly NewWorkflow[],
): Promise<ReadonlyMap<string, number>> {
  const columns = {
    name: text<NewWorkflow>(({ name }) => name),
    position: integer<NewWorkflow>(({ position }) => position),
  };
  const made = await writeRows<NewWorkflow, { id: number; name: string }>(
    connection,
    workspaceId,
    workflows,
    columns,
    `insert into workflows (workspace_id, name, position)
      select workspace_id, name, position from input returning id, name`,
  );
  return new Map(made.map(({ id, name }) => [name, id]));
}

export type NewVersion = Numbered & Pick<WorkflowVersionRow, 'definition' | 'source'>;

/** Inserts versions, in several statements if their texts are too long for one. */
export async function insertVersions(
  connection: Connection,
  workspaceId: number,
  versions: readonly NewVersion[],
): Promise<void> {
  const columns = {
    workflow_id: bigint<NewVersion>(({ workflowId }) => workflowId),
    version: integer<NewVersion>(({ version }) => version),
    definition: jsonb<NewVersion>(({ definition }) => definition),
    source: text<NewVersion>(({ source }) => source),
  };
  const sql = `insert into workflow_versions (workspace_id, workflow_id, version, definition, source)
    select workspace_id, workflow_id, version, definition, source from input`;
  for (const some of inPortions(versions)) {
    await writeRows(connection, workspaceId, some, columns, sql);
  }
}

function inPortions(versions: readonly NewVersion[]): readonly (readonly NewVersion[])[] {
  const portions: NewVersion[][] = [];
  let room = 0;
  for (const version of versions) {
    room -= version.source.length;
    if (room < 0 || portions.length === 0) {
      portions.push([]);
      room = STATEMENT_CHARACTERS_MAX - version.source.length;
    }
    portions.at(-1)!.push(version);
  }
  return portions;
}

type Place = Pick<WorkflowRow, 'id' | 'position' | 'currentVersion'>;

/** Sets the order of workflows and the current version of each; null switches a workflow off. */
export async function updateWorkflows(
  connection: Connection,
  workspaceId: number,
  places: readonly Place[],
): Promise<void> {
  const columns = {
    id: bigint<Place>(({ id }) => id),
    position: integer<Place>(({ position }) => position),
    current_version: integer<Place>(({ currentVersion }) => currentVersion),
  };
  const sql = `update workflows w set position = i.position, current_version = i.current_version
    from input i where w.workspace_id = i.workspace_id and w.id = i.id`;
  await writeRows(connection, workspaceId, places, columns, sql);
}

/** Makes an existing version the current one. */
export async function makeCurrent(
  connection: Connection,
  workspaceId: number,
  workflowId: number,
  version: number,
): Promise<void> {
  await connection.query(
    'update workflows set current_version = $3 where workspace_id = $1 and id = $2',
    [workspaceId, workflowId, version],
  );
}
