// Analyses where the steps of a workflow lead: which of them are unreachable, and which form a loop without a wait.
// Reads nothing else about a step.

import type { Target } from '../definition.ts';

export type StepNode = {
  readonly id: string;
  readonly targets: readonly Target[];
  /** Those of the targets to which the run goes without waiting for the contact or a time. */
  readonly atOnce: readonly Target[];
};

/** The steps that no run can come to. */
export function unreachableSteps(nodes: readonly StepNode[]): readonly string[] {
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const reached = new Set<string>();
  const next = nodes.slice(0, 1).map(({ id }) => id);
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    for (const target of nodeOf.get(id)?.targets ?? []) if (target !== null) next.push(target);
  }
  return nodes.map(({ id }) => id).filter((id) => !reached.has(id));
}

/** Circles in which no step waits, each as the steps in order; every such step is in one of them at most. */
export function loopsWithoutWait(nodes: readonly StepNode[]): readonly (readonly string[])[] {
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const loops: string[][] = [];
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const start = trail.indexOf(id);
    if (start !== -1) {
      loops.push(trail.slice(start));
      return;
    }
    if (done.has(id)) return;
    for (const target of nodeOf.get(id)?.atOnce ?? []) {
      if (target !== null && nodeOf.has(target)) visit(target, [...trail, id]);
    }
    done.add(id);
  };
  for (const id of nodeOf.keys()) visit(id, []);
  const reported = new Set<string>();
  return loops.filter((loop) => {
    const isNew = !loop.some((id) => reported.has(id));
    for (const id of loop) reported.add(id);
    return isNew;
  });
}
