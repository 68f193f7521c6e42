// Reads a branch step: its cases, each a condition and where it leads.

import type { StepOf } from '../../definition.ts';
import { readCondition } from '../condition-reader.ts';
import type { ReadingContext } from '../reading-context.ts';

const CASES_MAX = 50;

export function readBranch(context: ReadingContext): StepOf<'branch'> {
  const { id, fields, following } = context;
  const list = fields.list('cases', { countMin: 1, countMax: CASES_MAX, isRequired: true }) ?? [];
  const cases = list.flatMap((source, index) => {
    const one = fields.below(['cases', index], source);
    const when = readCondition(one, 'when', context, true);
    const next = context.target(one, 'next', following);
    one.reportUnknownKeys();
    return when === null ? [] : [{ when, next }];
  });
  return { id, do: 'branch', cases, otherwise: context.target(fields, 'otherwise', following) };
}
