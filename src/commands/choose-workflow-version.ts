// Makes a version of a workflow the current one. Rejects one that would form an endless circle with other workflows.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { circleFinding, circleThrough } from '../core/workflow/parse/circles.ts';
import type { Connection } from '../database/pool.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  findVersion,
  findVersions,
  makeCurrent,
  readWorkflows,
  type WorkflowRow,
  type WorkflowVersionRow,
} from '../store/workflows/versions.ts';
import { type CommandContext, runCommand } from './command.ts';

export type ChosenVersion = {
  readonly name: string;
  readonly version: number;
  /** The current version before; null: the workflow was switched off. */
  readonly previousVersion: number | null;
};

/** Makes the version current. Changes nothing if it is already. */
export const chooseWorkflowVersion = (
  context: CommandContext,
  workflowId: number,
  version: number,
): Promise<Result<ChosenVersion, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const rows = await readWorkflows(connection, workspaceId);
    const workflow = rows.find(({ id }) => id === workflowId);
    if (workflow === undefined) return fail(apiError('workflowNotFound'));
    const target = await findVersion(connection, workspaceId, workflowId, version);
    if (target === null) return fail(noSuchVersion(workflow, version));
    const circle = await circleWith(connection, workspaceId, rows, workflow, target);
    if (circle !== null) return fail(circle);
    const { name, currentVersion: previousVersion } = workflow;
    if (previousVersion !== version) {
      await makeCurrent(connection, workspaceId, workflowId, version);
      await addAuditEntry(connection, workspaceId, {
        action: 'workflow.version_chosen',
        actor,
        object: { type: 'workflow', id: String(workflowId) },
        relatedId: null,
        before: { version: previousVersion },
        after: { version },
        details: { name },
      });
    }
    return ok({ name, version, previousVersion });
  });

/** The error for a version that a workflow does not have. */
export function noSuchVersion(
  { name, latestVersion }: WorkflowRow,
  version: number,
): ContractError {
  const known =
    latestVersion === null ? 'it has none yet' : `its versions are 1 to ${latestVersion}`;
  const message = `Workflow "${name}" has no version ${version}: ${known}`;
  return apiError('workflowVersionNotFound', 'version', message);
}

/** Finds an endless circle of the version with the current versions of other workflows. */
async function circleWith(
  connection: Connection,
  workspaceId: number,
  rows: readonly WorkflowRow[],
  { id: workflowId, name }: WorkflowRow,
  { version, definition }: WorkflowVersionRow,
): Promise<ContractError | null> {
  const others = rows.flatMap(({ id, currentVersion }) =>
    id === workflowId || currentVersion === null
      ? []
      : [{ workflowId: id, version: currentVersion }],
  );
  const current = await findVersions(connection, workspaceId, others);
  const circle = circleThrough([{ workflowId, definition }, ...current], workflowId);
  if (circle === undefined) return null;
  const { step, reason, remedy } = circleFinding(circle);
  const message = `Version ${version} of "${name}" cannot be current: its step ${step} ${reason}: ${remedy}`;
  return apiError('workflowInCircle', 'version', message);
}
