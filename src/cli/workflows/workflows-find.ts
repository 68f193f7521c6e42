// Finds the workflow and the version that a command names, or says that there is none.

import { suggestName } from '../../base/text-files/suggest.ts';
import type { Pool } from '../../database/pool.ts';
import {
  findVersion,
  readWorkflows,
  type WorkflowRow,
  type WorkflowVersionRow,
} from '../../store/workflows/versions.ts';
import { type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOrFail } from '../kit/find-or-fail.ts';
import { textOption } from '../kit/read-options.ts';

export type FoundWorkflow = { readonly workspaceId: number; readonly workflow: WorkflowRow };

/** Finds the workflow that the first argument names. */
export async function workflowOrFail(pool: Pool, call: CommandCall): Promise<FoundWorkflow> {
  const name = call.positionals[0]!;
  const workspaceName = workspaceNameOf(call);
  const { id: workspaceId } = await workspaceOrFail(pool, workspaceName);
  const workflows = await readWorkflows(pool, workspaceId);
  const workflow = workflows.find((one) => one.name === name);
  if (workflow !== undefined) return { workspaceId, workflow };
  const suggestion = suggestName(
    name,
    workflows.map((one) => one.name),
  );
  throw new CommandFailed(`workspace "${workspaceName}" has no workflow "${name}": ${suggestion}`);
}

/** Finds a version of the workflow. */
export async function versionOrFail(
  pool: Pool,
  { workspaceId, workflow }: FoundWorkflow,
  version: number,
): Promise<WorkflowVersionRow> {
  const found = await findVersion(pool, workspaceId, workflow.id, version);
  if (found !== null) return found;
  const { name, latestVersion } = workflow;
  throw new CommandFailed(
    `workflow "${name}" has no version ${version}: its versions are 1 to ${latestVersion}`,
  );
}

/** Reads a version number from an option; undefined if it is absent. */
export function versionOption(call: CommandCall, name: string): number | undefined {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandFailed(`--${name} must be a version number, not "${text}"`, 2);
}

/** Reads a required version number. */
export function requiredVersion(call: CommandCall, commandName: string, name: string): number {
  const version = versionOption(call, name);
  if (version !== undefined) return version;
  throw new CommandFailed(`--${name} is missing\nSee: parley ${commandName} --help`, 2);
}
