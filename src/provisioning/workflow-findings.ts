// Findings about workflows, with file and line: in one workflow, and in workflows that start each other.

import {
  type CurrentWorkflow,
  circleFinding,
  circlesWithoutWait,
} from '../core/workflow/parse/circles.ts';
import type { Finding } from '../core/workflow/parse/reading-context.ts';
import type { ParsedDocument } from './document.ts';
import { type SetupFinding, showPath } from './finding.ts';

/** A parsed file. */
export type ParsedFile = { readonly file: string; readonly document: ParsedDocument };

/** A workflow, with the file that it was read from. */
export type Located = CurrentWorkflow & { readonly file: ParsedFile };

/** Lists all faults of a workflow's file. @param found the faults of its content. */
export function workflowFaults(
  workflow: ParsedFile,
  found: readonly Finding[],
): readonly SetupFinding[] {
  const faults = found.map((one) => workflowFinding(workflow, one));
  return [...faults, ...workflow.document.faultsBeside(faults)];
}

/** Adds file and line to a finding of a workflow. */
export const workflowFinding = (
  { file, document }: ParsedFile,
  { path, ...finding }: Finding,
): SetupFinding => ({ ...finding, file, line: document.lineOf(path), place: showPath(path) });

/** Reports workflows that start each other in a loop without a wait, with the file and line of a step in each loop. */
export const circleFindings = (workflows: readonly Located[]): readonly SetupFinding[] =>
  circlesWithoutWait(workflows).map((circle) => {
    const located = workflows.find((one) => one === circle[0]!.from)!;
    return workflowFinding(located.file, circleFinding(circle));
  });
