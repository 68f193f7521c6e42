// Reads an assign step: a team, an admin, or none.

import { limits } from '../../../../base/limits.ts';
import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { bodyRules, readNext, resolveId } from '../step-fields.ts';
import { readTemplate } from '../text-reader.ts';

export function readAssign(context: ReadingContext): StepOf<'assign'> {
  const { id, fields } = context;
  const rules = { charactersMax: limits.nameCharactersMax };
  const team = fields.text('team', rules);
  const admin = fields.text('admin', rules);
  fields.choice('to', ['nobody']);
  const given = ['team', 'admin', 'to'].filter((key) => fields.has(key));
  if (given.length !== 1) {
    const reason = given.length === 0 ? 'names no assignee' : `has ${given.join(' and ')}`;
    fields.fault(
      [],
      reason,
      'write one of `team: Support`, `admin: jane@acme.example`, `to: nobody`',
    );
  }
  return {
    id,
    do: 'assign',
    to: assigneeOf(context, team, admin),
    note: readTemplate(context, fields, 'note', bodyRules) ?? null,
    body: readTemplate(context, fields, 'body', bodyRules) ?? null,
    next: readNext(context),
  };
}

function assigneeOf(
  context: ReadingContext,
  team: string | undefined,
  admin: string | undefined,
): StepOf<'assign'>['to'] {
  if (team !== undefined) return { type: 'team', id: resolveId(context, 'team', team, ['team']) };
  if (admin === undefined) return null;
  return { type: 'admin', id: resolveId(context, 'admin', admin, ['admin']) };
}
