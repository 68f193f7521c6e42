// Reads parley.yaml and the workflow files that it names, from the disk into memory, with everything that can be found
// wrong without a database.

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

/** A workflow file as it was found. */
export type WorkflowFile = {
  readonly file: string;
  readonly name: string;
  readonly text: string;
  readonly document: ParsedDocument;
  /** Whether it is right as far as can be told without knowing what exists. */
  readonly isUsable: boolean;
};

export type LoadedSetup = {
  readonly file: SetupFile;
  /** Undefined: workflows are left alone. */
  readonly workflows: readonly WorkflowFile[] | undefined;
  /** A finding about a place in parley.yaml. */
  readonly findingAt: (path: Path, reason: string, remedy: string) => SetupFinding;
  /** A finding about another file, without any value of the environment: names of parley.yaml may be such. */
  readonly withoutValues: (finding: SetupFinding) => SetupFinding;
  /** Whether a place in parley.yaml holds a value of the environment, which is never shown. */
  readonly isHidden: (path: Path) => boolean;
};

/**
 * Reads the files.
 * @param path where parley.yaml is; workflows are found from there.
 * @returns them, or everything that is wrong with all of them.
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
    // Only when it is shown: values are looked for in each, and of a hostile file few of many findings are.
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
  /** The path as it may be shown. */
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
      const reason = `has the workflow "${name}", which ${other} has too`;
      findings.push(findingAt(at, reason, 'give one of them another name'));
    }
    fileOf.set(name, shownPlace);
    const workflow = { file: shownPlace, name, text, document };
    // Without knowing what exists.
    const alone = readDefinition(document.value, acceptEveryName);
    const faults = workflowFaults(workflow, alone.ok ? [] : alone.error);
    const definition = alone.ok ? alone.value.definition : null;
    return [{ ...workflow, isUsable: faults.length === 0, faults, definition }];
  });
  // If the setup is wrong, the database is not queried and names are not checked. Else the workflows are read once
  // more, with the names that exist, so that one list has all their faults.
  if (findings.length > 0) {
    findings.push(...workflows.flatMap(({ faults }) => faults));
    findings.push(...circleFindings(workflows.flatMap(locate)));
  }
  return workflows;
}

/** A name stands for its id as long as nothing is asked of the database. */
const locate = (
  file: WorkflowFile & { readonly definition: WorkflowDefinition | null },
): readonly Located[] => {
  const { name, definition } = file;
  const workflowId = acceptEveryName.workflow(name);
  return definition === null || workflowId === undefined ? [] : [{ workflowId, definition, file }];
};

/** By file as they were met, and by line in each. */
function inOrder(findings: readonly SetupFinding[]): readonly SetupFinding[] {
  const files = [...new Set(findings.map(({ file }) => file))];
  const places = new Map(files.map((file, index) => [file, index]));
  return findings.toSorted(
    (a, b) => places.get(a.file)! - places.get(b.file)! || (a.line ?? 0) - (b.line ?? 0),
  );
}
