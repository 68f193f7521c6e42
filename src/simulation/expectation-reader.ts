// Reads the expectations of a script: of the messages sent, and of the conversation at that point.

import { limits } from '../base/limits.ts';
import type { FieldReader } from '../base/text-files/field-reader.ts';
import type { Json } from '../core/model/model.ts';
import { checkPattern } from '../core/workflow/template/pattern.ts';
import type { Expectation } from './script.ts';

const body = { charactersMax: limits.bodyCharactersMax };
const name = { charactersMax: limits.nameCharactersMax };

const waits = ['quick_reply', 'attribute', 'message', 'time', 'webhook', 'nothing'] as const;

/** The most buttons or tags that one expectation may name. */
const countRules = { countMax: 100 };

/** Reads an expectation. @param fields the mapping below `expect`. */
export function readExpectation(fields: FieldReader): Expectation {
  const matches = fields.text('matches', body);
  const fault = matches === undefined ? null : checkPattern(matches);
  if (fault !== null) fields.fault(['matches'], `is no pattern: ${fault}`, 'use the syntax of RE2');
  const assignedTo = fields.text('assigned_to', name);
  const expected: Partial<Expectation> = {
    message: fields.text('message', body),
    matches,
    buttons: fields.texts('buttons', limits.nameCharactersMax, countRules),
    asksFor: fields.text('asks_for', name),
    isNothing: readNothing(fields),
    state: fields.choice('state', ['open', 'closed', 'snoozed']),
    assignedTo: assignedTo === 'nobody' ? null : assignedTo,
    attributes: readAttributes(fields),
    tags: fields.texts('tags', limits.nameCharactersMax, countRules),
    note: fields.text('note', body),
    waitsFor: fields.choice('waits_for', waits),
    calls: fields.text('calls', body),
    workflow: fields.text('workflow', name),
  } as Partial<Expectation>;
  fields.reportUnknownKeys();
  const given = Object.entries(expected).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    fields.fault([], 'expects nothing in particular', 'write `nothing: true` or what is expected');
  }
  const isAboutMessage = given.some(([key]) =>
    ['message', 'matches', 'buttons', 'asksFor'].includes(key),
  );
  if (isAboutMessage && expected.isNothing) {
    fields.fault(['nothing'], 'does not go with something that is said', 'remove one of the two');
  }
  return Object.fromEntries(given);
}

function readNothing(fields: FieldReader): true | undefined {
  const flag = fields.flag('nothing');
  if (flag === false) fields.fault(['nothing'], 'cannot be false', 'say what is expected');
  return flag === true ? true : undefined;
}

function readAttributes(fields: FieldReader): Expectation['attributes'] {
  const entries = fields.mapping('attribute')?.entries(limits.customAttributesMax);
  return entries && Object.fromEntries(entries as readonly (readonly [string, Json])[]);
}
