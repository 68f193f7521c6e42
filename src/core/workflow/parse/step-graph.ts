// Analyses where the steps of a workflow lead: finds unreachable ones, and loops without a wait.

import type { Target } from '../definition.ts';

export type StepNode = {
  readonly id: string;
  readonly targets: readonly Target[];
  /** The targets that the run can go to without waiting for the contact or a time. */
  readonly atOnce: readonly Target[];
};

/** Finds the steps that no run can reach. */
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

/** Finds loops in which no step waits, each as its steps in order; a step is in one of them at most. */
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
