// Findings about workflows, with file and line: within one workflow, and among those that start each other.

import {
  type CurrentWorkflow,
  circleFinding,
  circlesWithoutWait,
} from '../core/workflow/parse/circles.ts';
import type { Finding } from '../core/workflow/parse/reading-context.ts';
import type { ParsedDocument } from './document.ts';
import { type SetupFinding, showPath } from './finding.ts';

/** A file, parsed. */
export type ParsedFile = { readonly file: string; readonly document: ParsedDocument };

/** A workflow that was read, and the file that it is from. */
export type Located = CurrentWorkflow & { readonly file: ParsedFile };

/** All that is wrong with a workflow's file. @param found what was found in what it says. */
export function workflowFaults(
  workflow: ParsedFile,
  found: readonly Finding[],
): readonly SetupFinding[] {
  const faults = found.map((one) => workflowFinding(workflow, one));
  return [...faults, ...workflow.document.faultsBeside(faults)];
}

/** A finding of a workflow, with its file and line. */
export const workflowFinding = (
  { file, document }: ParsedFile,
  { path, ...finding }: Finding,
): SetupFinding => ({ ...finding, file, line: document.lineOf(path), place: showPath(path) });

/** Workflows that start each other without end, each circle with the file and line of a step that does. */
export const circleFindings = (workflows: readonly Located[]): readonly SetupFinding[] =>
  circlesWithoutWait(workflows).map((circle) => {
    const located = workflows.find((one) => one === circle[0]!.from)!;
    return workflowFinding(located.file, circleFinding(circle));
  });
