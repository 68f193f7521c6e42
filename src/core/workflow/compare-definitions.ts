// Finds the steps in which two versions of a workflow differ, to show them and to decide whether an apply creates a
// new version. Versions are equal if they behave the same, whatever their files look like.

import type { Json } from '../model/model.ts';
import type { WorkflowDefinition } from './definition.ts';

export type DefinitionDifference = {
  /** `trigger`, `when`, `name`, `first step`, or `step topic`. */
  readonly part: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** The JSON of the part on either side; null where it is missing. */
  readonly from: string | null;
  readonly to: string | null;
};

/** Writes JSON with sorted keys: one text for one value, although PostgreSQL reorders keys. */
function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value as Json));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry as Json)]));
}

/** Lists where two versions differ; empty if they behave the same. */
export function compareDefinitions(
  from: WorkflowDefinition,
  to: WorkflowDefinition,
): readonly DefinitionDifference[] {
  const differences: DefinitionDifference[] = [];
  const note = (part: string, before: unknown, after: unknown): void => {
    const [left, right] = [before, after].map((value) =>
      value === undefined ? null : sortedJson(value),
    ) as [string | null, string | null];
    if (left === right) return;
    differences.push({ part, kind: kindOf(left, right), from: left, to: right });
  };
  note('name', from.name, to.name);
  note('trigger', from.trigger, to.trigger);
  note('when', from.when, to.when);
  const ids = new Set([...from.steps, ...to.steps].map(({ id }) => id));
  for (const id of ids) {
    const step = ({ steps }: WorkflowDefinition) => steps.find((one) => one.id === id);
    note(`step ${id}`, step(from), step(to));
  }
  // A run begins at the first step; the order of the others does not matter.
  note('first step', from.steps[0]?.id, to.steps[0]?.id);
  return differences;
}

function kindOf(left: string | null, right: string | null): DefinitionDifference['kind'] {
  if (left === null) return 'added';
  return right === null ? 'removed' : 'changed';
}
