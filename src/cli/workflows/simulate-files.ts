// Reads the input of `parley simulate`: the script, the workflows and their parley.yaml. Lists the faults of all of
// them together.

import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import { readDefinition, workflowNameOf } from '../../core/workflow/parse/definition-reader.ts';
import type { ParsedDocument } from '../../provisioning/document.ts';
import type { SetupFinding } from '../../provisioning/finding.ts';
import { circleFindings, type Located } from '../../provisioning/workflow-findings.ts';
import type { Script } from '../../simulation/script.ts';
import { parseScript } from '../../simulation/script-reader.ts';
import { ScriptNames } from '../../simulation/script-setup.ts';
import { CommandFailed } from '../kit/command.ts';
import { readPath } from '../kit/read-options.ts';
import { type DraftFile, faultsOf, readDraft, rejectedDrafts } from './draft-files.ts';
import type { WorkspaceInFile } from './workspace-in-file.ts';

export type Material = {
  readonly script: Script;
  /** The script. */
  readonly document: ParsedDocument;
  readonly names: ScriptNames;
  /** All workflows of the workspace. */
  readonly definitions: readonly WorkflowDefinition[];
  /** The names of those that the call and the script name. */
  readonly named: readonly string[];
};

export type Wanted = {
  readonly workflowFile: string;
  readonly scriptFile: string;
  /** A parley.yaml; undefined: the one that is found. */
  readonly setup: string | undefined;
  /** Whether no parley.yaml is used. */
  readonly isAlone: boolean;
};

/** Reads the files. @throws CommandFailed with all their faults. */
export async function readMaterial(wanted: Wanted): Promise<Material> {
  const findings: SetupFinding[] = [];
  const scriptFile = await readScript(wanted.scriptFile, findings);
  const setup = await readSetup(wanted, findings);
  const script = scriptFile?.script ?? emptyScript;
  const given = [wanted.workflowFile, ...filesOf(script, wanted.scriptFile)];
  const drafts: DraftFile[] = [];
  for (const file of inOrder(given, setup?.workflowFiles ?? [])) {
    const draft = await readDraft(file);
    if (draft.ok) drafts.push(draft.value);
    else findings.push(...draft.error);
  }
  const workflows = drafts.map(({ document }) => workflowNameOf(document.value) ?? '');
  rejectDuplicates(workflows);
  const names = new ScriptNames(script, workflows, setup?.workspace ?? null);
  const located = drafts.flatMap((draft, index): readonly Located[] => {
    const read = readDefinition(draft.document.value, names.resolver);
    findings.push(...faultsOf(draft, read.ok ? [] : read.error));
    const workflowId = names.resolver.workflow(workflows[index]!) ?? 0;
    return read.ok ? [{ workflowId, definition: read.value.definition, file: draft }] : [];
  });
  findings.push(...circleFindings(located));
  if (scriptFile !== null) findings.push(...faultsOf(scriptFile.draft, names.faults()));
  if (scriptFile === null || findings.length > 0) throw rejectedDrafts(findings);
  const isGiven = ({ file }: Located) => given.some((one) => resolve(one) === resolve(file.file));
  return {
    script,
    document: scriptFile.draft.document,
    names,
    definitions: located.map(({ definition }) => definition),
    named: located.filter(isGiven).map(({ definition }) => definition.name),
  };
}

/** Replaces a faulty script, so that the other files can still be checked. */
const emptyScript: Script = (() => {
  const script = parseScript({ steps: ['start'] });
  if (!script.ok) throw new Error('the shortest script is valid');
  return script.value;
})();

/** Reads the script; null if it is faulty. */
async function readScript(
  file: string,
  findings: SetupFinding[],
): Promise<{ readonly script: Script; readonly draft: DraftFile } | null> {
  const draft = await readDraft(file);
  if (!draft.ok) {
    findings.push(...draft.error);
    return null;
  }
  const script = parseScript(draft.value.document.value);
  if (script.ok) return { script: script.value, draft: draft.value };
  findings.push(...faultsOf(draft.value, script.error));
  return null;
}

/** Reads the parley.yaml of the workflow; null if there is none, or it cannot be read. */
async function readSetup(
  { setup, isAlone, workflowFile }: Wanted,
  findings: SetupFinding[],
): Promise<WorkspaceInFile | null> {
  if (isAlone) return null;
  const { findSetupOf, readWorkspaceInFile } = await import('./workspace-in-file.ts');
  const path = setup ?? findSetupOf(workflowFile);
  if (path === null) return null;
  const read = readWorkspaceInFile(path, process.env);
  findings.push(...(read.ok ? read.value.findings : read.error));
  return read.ok ? read.value : null;
}

const filesOf = ({ workflows }: Script, scriptFile: string): readonly string[] =>
  workflows.map((named) => {
    const file = readPath(named, `${scriptFile}: workflows`);
    return isAbsolute(file) ? file : join(dirname(scriptFile), file);
  });

/** Each file once: those that the workspace does not list, then those of the workspace in its order. */
function inOrder(given: readonly string[], listed: readonly string[]): readonly string[] {
  const places = new Set(listed.map((file) => resolve(file)));
  const added = given.filter((file) => {
    const isNew = !places.has(resolve(file));
    places.add(resolve(file));
    return isNew;
  });
  return [...added, ...listed];
}

function rejectDuplicates(workflows: readonly string[]): void {
  const twice = workflows.find((name, index) => name !== '' && workflows.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new CommandFailed(`two of the files define a workflow named "${twice}"`, 2);
}
