// Workflows: the list with what waits in each, one with its versions, what changed between two versions, and which
// version is the current one.

import { fail, ok, type Result } from '../base/result.ts';
import { chooseWorkflowVersion, noSuchVersion } from '../commands/choose-workflow-version.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readChoice, readWholeNumber } from '../contract/query-parameters.ts';
import { readId } from '../contract/read-id.ts';
import { compareDefinitions } from '../core/workflow/compare-definitions.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import type { Connection } from '../database/pool.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import {
  findVersion,
  listVersionNumbers,
  readCurrentDefinitions,
  readWorkflows,
  type WorkflowRow,
  type WorkflowVersionRow,
} from '../store/workflows/versions.ts';
import { countWaitingRuns, type WaitingCount } from '../store/workflows/waiting-runs.ts';
import type { List, Operation, OperationContext } from './operation.ts';

const VERSION_MAX = 999_999_999;

export type PresentedWorkflow = ReturnType<typeof present>;

export type WorkflowWithVersions = PresentedWorkflow & {
  readonly version: number;
  /** The file as applied. */
  readonly source: string;
  /** The executed form. */
  readonly definition: WorkflowDefinition;
  readonly versions: readonly { readonly version: number; readonly created_at: string }[];
};

export const listWorkflows: Operation<undefined, List<PresentedWorkflow>> = {
  method: 'GET',
  path: '/parley/v1/workflows',
  async run(context, { query }) {
    const { workspaceId, readPool } = context;
    const isCounted = readCounts(query);
    if (!isCounted.ok) return isCounted;
    const found = await readAs(readPool, workspaceId, async (connection) => {
      const rows = await readWorkflows(connection, workspaceId);
      return { rows, definitions: await readCurrentDefinitions(connection, workspaceId) };
    });
    const counts = found.rows.length === 0 ? [] : await countWaiting(context, isCounted.value);
    return ok({
      type: 'list',
      data: found.rows.map((row) => present(row, found.definitions.get(row.id), counts)),
    });
  },
};

export const showWorkflow: Operation<undefined, WorkflowWithVersions> = {
  method: 'GET',
  path: '/parley/v1/workflows/:id',
  async run(context, { params, query }) {
    const { workspaceId, readPool } = context;
    const wanted = readVersion(query, 'version');
    if (!wanted.ok) return wanted;
    const isCounted = readCounts(query);
    if (!isCounted.ok) return isCounted;
    const found = await readAs(readPool, workspaceId, async (connection) => {
      const workflow = await findWorkflow(connection, workspaceId, params['id']!);
      if (!workflow.ok) return workflow;
      const row = workflow.value;
      const version = wanted.value ?? row.currentVersion ?? row.latestVersion ?? 0;
      const shown = await versionOf(connection, workspaceId, row, version);
      if (!shown.ok) return shown;
      const versions = await listVersionNumbers(connection, workspaceId, row.id);
      const definitions = await readCurrentDefinitions(connection, workspaceId);
      return ok({ row, shown: shown.value, versions, current: definitions.get(row.id) });
    });
    if (!found.ok) return found;
    const { row, shown, versions, current } = found.value;
    return ok({
      ...present(row, current, await countWaiting(context, isCounted.value)),
      version: shown.version,
      source: shown.source,
      definition: shown.definition,
      versions: versions.map(({ version, createdAt }) => ({
        version,
        created_at: new Date(createdAt).toISOString(),
      })),
    });
  },
};

export type WorkflowDiff = {
  readonly type: 'workflow_diff';
  readonly id: string;
  readonly name: string;
  readonly from: ReturnType<typeof presentVersion>;
  readonly to: ReturnType<typeof presentVersion>;
  /** What differs when it runs; empty if only the texts differ. */
  readonly differences: ReturnType<typeof compareDefinitions>;
};

/** Compares two versions by what they do; both texts are there for a comparison by lines. */
export const diffWorkflow: Operation<undefined, WorkflowDiff> = {
  method: 'GET',
  path: '/parley/v1/workflows/:id/diff',
  async run({ workspaceId, readPool }, { params, query }) {
    const [from, to] = [readVersion(query, 'from'), readVersion(query, 'to')];
    if (!from.ok) return from;
    if (!to.ok) return to;
    return readAs(readPool, workspaceId, async (connection) => {
      const workflow = await findWorkflow(connection, workspaceId, params['id']!);
      if (!workflow.ok) return workflow;
      const row = workflow.value;
      const toVersion = to.value ?? row.latestVersion ?? 0;
      const fromVersion = from.value ?? toVersion - 1;
      if (fromVersion < 1) return fail(noVersionBefore(row, toVersion));
      const earlier = await versionOf(connection, workspaceId, row, fromVersion);
      if (!earlier.ok) return earlier;
      const later = await versionOf(connection, workspaceId, row, toVersion);
      if (!later.ok) return later;
      return ok({
        type: 'workflow_diff',
        id: String(row.id),
        name: row.name,
        from: presentVersion(earlier.value),
        to: presentVersion(later.value),
        differences: compareDefinitions(earlier.value.definition, later.value.definition),
      });
    });
  },
};

export type RollbackBody = { readonly version: number };

export type RolledBack = {
  readonly type: 'workflow_version';
  readonly id: string;
  readonly name: string;
  readonly current_version: number;
  readonly previous_version: number | null;
};

export const rollBackWorkflow: Operation<RollbackBody, RolledBack> = {
  method: 'POST',
  path: '/parley/v1/workflows/:id/rollback',
  async run(context, { params, body }) {
    const id = readId(params['id']!);
    const done = await chooseWorkflowVersion(context, id, body.version);
    if (!done.ok) return done;
    context.services.configChanged(context.workspaceId);
    const { name, version, previousVersion } = done.value;
    return ok({
      type: 'workflow_version',
      id: String(id),
      name,
      current_version: version,
      previous_version: previousVersion,
    });
  },
};

/** Finds a workflow of the workspace by the id in a path. */
export async function findWorkflow(
  connection: Connection,
  workspaceId: number,
  id: string,
): Promise<Result<WorkflowRow, ContractError>> {
  const rows = await readWorkflows(connection, workspaceId);
  const row = rows.find((one) => one.id === readId(id));
  return row === undefined ? fail(apiError('workflowNotFound')) : ok(row);
}

/** Finds a version of a workflow. */
export async function versionOf(
  connection: Connection,
  workspaceId: number,
  row: WorkflowRow,
  version: number,
): Promise<Result<WorkflowVersionRow, ContractError>> {
  const found = await findVersion(connection, workspaceId, row.id, version);
  return found === null ? fail(noSuchVersion(row, version)) : ok(found);
}

const readVersion = (query: unknown, name: string) =>
  readWholeNumber(query, name, { min: 1, max: VERSION_MAX }, null);

function noVersionBefore({ name, latestVersion }: WorkflowRow, version: number): ContractError {
  let fault = `has no version before ${version}: choose the version to compare with by from (1 to ${latestVersion})`;
  if (latestVersion === null) fault = 'has no version yet';
  if (latestVersion === 1) {
    fault =
      'has only one version: there is nothing to compare it with; `parley apply` creates version 2 when its file changes';
  }
  return apiError('workflowVersionNotFound', 'from', `Workflow "${name}" ${fault}`);
}

/** Reads whether to count what waits, which may take seconds. */
const readCounts = (query: unknown): Result<boolean, ContractError> => {
  const text = readChoice(query, 'counts', ['true', 'false']);
  return text.ok ? ok(text.value !== 'false') : text;
};

/** Counts the waiting runs of the workspace; null if not wanted, or if it takes too long. */
const countWaiting = async (
  { workspaceId, readPool, services }: OperationContext,
  isCounted: boolean,
): Promise<readonly WaitingCount[] | null> =>
  isCounted
    ? services.waitingCounts.get(workspaceId, () => countWaitingRuns(readPool, workspaceId))
    : null;

const presentVersion = ({ version, source, createdAt }: WorkflowVersionRow) => ({
  version,
  created_at: new Date(createdAt).toISOString(),
  source,
});

function present(
  { id, name, currentVersion, latestVersion }: WorkflowRow,
  definition: WorkflowDefinition | undefined,
  counts: readonly WaitingCount[] | null,
) {
  const own = counts?.filter(({ workflowId }) => workflowId === id) ?? null;
  const sumOf = (some: readonly WaitingCount[] | null | undefined): number | null =>
    some?.reduce((sum, { count }) => sum + count, 0) ?? null;
  const steps = definition?.steps ?? [];
  const isKnown = ({ stepId }: WaitingCount) => steps.some((step) => step.id === stepId);
  return {
    type: 'workflow',
    id: String(id),
    name,
    is_on: currentVersion !== null,
    current_version: currentVersion,
    latest_version: latestVersion,
    trigger:
      definition === undefined
        ? null
        : {
            on: definition.trigger.on,
            channel_ids: definition.trigger.channelIds?.map(String) ?? null,
          },
    steps: steps.map((step) => ({
      id: step.id,
      do: step.do,
      waiting: sumOf(own?.filter(({ stepId }) => stepId === step.id)),
    })),
    waiting: sumOf(own),
    /** At steps that the current version does not have. */
    waiting_elsewhere: sumOf(own?.filter((one) => !isKnown(one))),
    waiting_by_version:
      own &&
      [...new Set(own.map(({ version }) => version))]
        .toSorted((a, b) => b - a)
        .map((version) => ({
          version,
          waiting: sumOf(own.filter((one) => one.version === version)),
        })),
  };
}
