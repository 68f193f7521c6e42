// Finds the workflow that a command names, or says that there is none, and reads version numbers.

import { suggestName } from '../../base/text-files/suggest.ts';
import { listWorkflows, type PresentedWorkflow } from '../../management/workflows.ts';
import { type CommandCall, CommandFailed } from '../kit/command.ts';
import type { ManagementClient } from '../kit/management-client.ts';
import { textOption } from '../kit/read-options.ts';

/** Finds the workflow that the first argument names. */
export async function workflowOrFail(
  client: ManagementClient,
  call: CommandCall,
): Promise<PresentedWorkflow> {
  const name = call.positionals[0]!;
  const { data } = await client.call(listWorkflows, { query: { counts: 'false' } });
  const workflow = data.find((one) => one.name === name);
  if (workflow !== undefined) return workflow;
  const suggestion = suggestName(
    name,
    data.map((one) => one.name),
  );
  const workspace = await client.workspaceName();
  throw new CommandFailed(`workspace "${workspace}" has no workflow "${name}": ${suggestion}`);
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
