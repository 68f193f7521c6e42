// Analyses steps after reading: where each leads, which can be reached from one, and which attributes they read.

import type { Step, Target } from '../definition.ts';
import { checkTemplate } from '../template/template.ts';

/** Lists where a step can lead. */
function targetsOf(step: Step): readonly Target[] {
  switch (step.do) {
    case 'ask_quick_reply':
      return [
        ...step.options.map(({ next }) => next),
        step.from?.next ?? null,
        step.from?.empty ?? null,
        step.otherwise ?? null,
        step.timeout?.next ?? null,
      ];
    case 'branch':
      return [...step.cases.map(({ next }) => next), step.otherwise];
    case 'collect_attribute':
      return [step.next, step.failed, step.timeout?.next ?? null];
    case 'wait_for_message':
      return [step.next, step.timeout?.next ?? null];
    case 'call_webhook':
      return [step.next, step.failed];
    case 'close':
    case 'run_workflow':
      return [];
    default:
      return [step.next];
  }
}

/** Lists all steps that a run can reach from a target, the target included. */
export function stepsFrom(start: Target, steps: readonly Step[]): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const reached = new Set<Step>();
  const targets: Target[] = [start];
  for (let target = targets.pop(); target !== undefined; target = targets.pop()) {
    const step = target === null ? undefined : byId.get(target);
    if (step === undefined || reached.has(step)) continue;
    reached.add(step);
    targets.push(...targetsOf(step));
  }
  return [...reached];
}

/** Whether a step may read an attribute of the conversation; one that runs another workflow may read any. */
export function mayRead(step: Step, attribute: string): boolean {
  if (step.do === 'run_workflow') return true;
  const names = ['attributes', 'conversation.custom_attributes'];
  const isIt = (path: string): boolean =>
    names.some(
      (name) =>
        path === name ||
        path === `${name}.${attribute}` ||
        path.startsWith(`${name}.${attribute}.`),
    );
  return pathsIn(step).some(isIt);
}

/** Lists the paths that the templates and conditions of a step read. */
function pathsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return /\{[{%]/.test(value) ? checkTemplate(value).variables : [];
  if (typeof value !== 'object' || value === null) return [];
  const { field } = value as { readonly field?: unknown };
  const own = typeof field === 'string' ? [field] : [];
  return [...own, ...Object.values(value).flatMap(pathsIn)];
}
