// Reads parley.yaml and its workflow files from the disk, and finds all faults that can be found without a database.

import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { Path } from '../base/text-files/field-reader.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import {
  acceptEveryName,
  readDefinition,
  workflowNameOf,
} from '../core/workflow/parse/definition-reader.ts';
import type { ParsedDocument } from './document.ts';
import { type Environment, fillIn } from './environment-values.ts';
import { type SetupFinding, showPath } from './finding.ts';
import { readDocument } from './read-document.ts';
import { readSetupFile, type SetupFile } from './read-setup-file.ts';
import { circleFindings, type Located, workflowFaults } from './workflow-findings.ts';
import { placeOfWorkflow } from './workflow-place.ts';

/** A workflow file that was read. */
export type WorkflowFile = {
  readonly file: string;
  readonly name: string;
  readonly text: string;
  readonly document: ParsedDocument;
  /** Whether it is valid as far as can be told without knowing which names exist. */
  readonly isUsable: boolean;
};

export type LoadedSetup = {
  readonly file: SetupFile;
  /** Undefined: workflows stay unchanged. */
  readonly workflows: readonly WorkflowFile[] | undefined;
  /** Creates a finding about a value in parley.yaml. */
  readonly findingAt: (path: Path, reason: string, remedy: string) => SetupFinding;
  /** Removes environment values from a finding about another file, since names in parley.yaml may contain some. */
  readonly withoutValues: (finding: SetupFinding) => SetupFinding;
  /** Whether a value in parley.yaml contains an environment value, which is never shown. */
  readonly isHidden: (path: Path) => boolean;
};

/**
 * Reads the files.
 * @param path of parley.yaml; paths of workflows are relative to it.
 * @returns them, or all faults of all files.
 */
export function loadSetup(
  path: string,
  environment: Environment,
): Result<LoadedSetup, readonly SetupFinding[]> {
  const read = readDocument(path);
  if (!read.ok) return read;
  const { document } = read.value;
  const filled = fillIn(document.value, environment);
  const findings: SetupFinding[] = [];
  const findingAt = (at: Path, reason: string, remedy: string): SetupFinding => ({
    file: path,
    line: document.lineOf(at),
    step: null,
    place: showPath(at),
    // Computed only when shown: values are searched for in each finding, and a hostile file has many.
    get reason() {
      return filled.hideAt(at, reason);
    },
    get remedy() {
      return filled.hideAt(at, remedy);
    },
  });
  for (const { path: at, reason } of filled.faults) {
    findings.push(findingAt(at, reason, 'set it where Parley runs'));
  }
  const file = readSetupFile(filled.value, (fault) => {
    findings.push(findingAt(fault.path, fault.reason, fault.remedy));
  });
  findings.push(...document.faultsBeside(findings));
  const named = file.workflows?.map((one) => ({ ...one, shown: filled.shown(one.at, one.file) }));
  const workflows = named && loadWorkflows(dirname(path), named, findingAt, findings);
  if (findings.length > 0) return fail(inOrder(findings));
  const withoutValues = ({ reason, remedy, ...rest }: SetupFinding): SetupFinding => ({
    ...rest,
    reason: filled.hideValues(reason),
    remedy: filled.hideValues(remedy),
  });
  return ok({ file, workflows, findingAt, withoutValues, isHidden: filled.isHidden });
}

type NamedWorkflow = NonNullable<SetupFile['workflows']>[number] & {
  /** The path to show. */
  readonly shown: string;
};

function loadWorkflows(
  folder: string,
  named: readonly NamedWorkflow[],
  findingAt: LoadedSetup['findingAt'],
  findings: SetupFinding[],
): readonly WorkflowFile[] {
  const fileOf = new Map<string, string>();
  const workflows = named.flatMap(({ file, shown, at }) => {
    const place = placeOfWorkflow(folder, file);
    if (!place.ok) {
      findings.push(findingAt(at, place.error.reason, place.error.remedy));
      return [];
    }
    const shownPlace = join(folder, shown);
    const read = readDocument(shownPlace, { from: place.value, isResolved: true });
    if (!read.ok) {
      findings.push(...read.error);
      return [];
    }
    const { text, document } = read.value;
    const name = workflowNameOf(document.value) ?? '';
    const other = fileOf.get(name);
    if (other !== undefined && name !== '') {
      const reason = `has the workflow "${name}", which is also in ${other}`;
      findings.push(findingAt(at, reason, 'give one of them another name'));
    }
    fileOf.set(name, shownPlace);
    const workflow = { file: shownPlace, name, text, document };
    // Checked without knowing which names exist.
    const alone = readDefinition(document.value, acceptEveryName);
    const faults = workflowFaults(workflow, alone.ok ? [] : alone.error);
    const definition = alone.ok ? alone.value.definition : null;
    return [{ ...workflow, isUsable: faults.length === 0, faults, definition }];
  });
  // If there are faults already, the database is not queried and names are not checked. Otherwise the apply reads the
  // workflows once more, with the existing names, so that one list has all their faults.
  if (findings.length > 0) {
    findings.push(...workflows.flatMap(({ faults }) => faults));
    findings.push(...circleFindings(workflows.flatMap(locate)));
  }
  return workflows;
}

/** Uses the name as an id until the database is queried. */
const locate = (
  file: WorkflowFile & { readonly definition: WorkflowDefinition | null },
): readonly Located[] => {
  const { name, definition } = file;
  const workflowId = acceptEveryName.workflow(name);
  return definition === null || workflowId === undefined ? [] : [{ workflowId, definition, file }];
};

/** Sorts by file, in the order in which files were read, then by line. */
function inOrder(findings: readonly SetupFinding[]): readonly SetupFinding[] {
  const files = [...new Set(findings.map(({ file }) => file))];
  const places = new Map(files.map((file, index) => [file, index]));
  return findings.toSorted(
    (a, b) => places.get(a.file)! - places.get(b.file)! || (a.line ?? 0) - (b.line ?? 0),
  );
}
