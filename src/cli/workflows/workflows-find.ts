// Finds the workflow and the version that a command names, or says that there is none.

import { suggestName } from '../../base/text-files/suggest.ts';
import type { Pool } from '../../database/pool.ts';
import { defaultName } from '../../store/tenancy/first-start.ts';
import {
  findVersion,
  readWorkflows,
  type WorkflowRow,
  type WorkflowVersionRow,
} from '../../store/workflows/versions.ts';
import { type CommandCall, CommandFailed, type Option } from '../kit/command.ts';
import { workspaceOrFail } from '../kit/find-or-fail.ts';
import { textOption } from '../kit/read-options.ts';

export const workspaceOption: Option = {
  type: 'string',
  placeholder: 'name',
  about: 'Workspace; "default" if not given.',
};

export type FoundWorkflow = { readonly workspaceId: number; readonly workflow: WorkflowRow };

/** The workflow that the first word of a call names. */
export async function workflowOrFail(pool: Pool, call: CommandCall): Promise<FoundWorkflow> {
  const name = call.positionals[0]!;
  const workspaceName = textOption(call, 'workspace') ?? defaultName;
  const { id: workspaceId } = await workspaceOrFail(pool, workspaceName);
  const workflows = await readWorkflows(pool, workspaceId);
  const workflow = workflows.find((one) => one.name === name);
  if (workflow !== undefined) return { workspaceId, workflow };
  const suggestion = suggestName(
    name,
    workflows.map((one) => one.name),
  );
  throw new CommandFailed(
    `the workspace "${workspaceName}" has no workflow "${name}": ${suggestion}`,
  );
}

/** A version of the workflow. */
export async function versionOrFail(
  pool: Pool,
  { workspaceId, workflow }: FoundWorkflow,
  version: number,
): Promise<WorkflowVersionRow> {
  const found = await findVersion(pool, workspaceId, workflow.id, version);
  if (found !== null) return found;
  const { name, latestVersion } = workflow;
  throw new CommandFailed(
    `the workflow "${name}" has no version ${version}: its versions are 1 to ${latestVersion}`,
  );
}

/** A version number among the options; undefined when it is not given. */
export function versionOption(call: CommandCall, name: string): number | undefined {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandFailed(`--${name} must be the number of a version, not "${text}"`, 2);
}

/** A version number that has to be given. */
export function requiredVersion(call: CommandCall, commandName: string, name: string): number {
  const version = versionOption(call, name);
  if (version !== undefined) return version;
  throw new CommandFailed(`the --${name} is missing\nSee: parley ${commandName} --help`, 2);
}
