// Reads templates, and patterns in the syntax of RE2.

import { type FieldReader, isStorable, type Path } from '../../../base/text-files/field-reader.ts';
import { checkPattern } from '../template/pattern.ts';
import { checkTemplate } from '../template/template.ts';
import { isKnownName } from './known-name.ts';
import type { ReadingContext } from './reading-context.ts';

const PATTERN_CHARACTERS_MAX = 1_000;

/** Reads a text and checks it as a template. */
export function readTemplate(
  context: ReadingContext,
  fields: FieldReader,
  key: string,
  rules: { readonly charactersMax: number; readonly isRequired?: boolean },
): string | undefined {
  const text = fields.text(key, rules);
  if (text !== undefined) checkTemplateText(context, fields, [key], text);
  return text;
}

/** Reports the errors of a template, and warns of values that no run can have. */
export function checkTemplateText(
  context: ReadingContext,
  fields: FieldReader,
  below: Path,
  text: string,
): void {
  if (!isStorable(text)) {
    fields.fault(below, 'has a character that cannot be stored', 'remove NUL and half characters');
  }
  const { errors, variables } = checkTemplate(text);
  for (const error of errors) {
    fields.fault(
      below,
      `is not a valid template: ${error}`,
      'see the templates in docs/workflows.md',
    );
  }
  for (const variable of variables) {
    if (isKnownName(context.names, variable)) continue;
    const reason = `uses "${variable}", which does not exist: it is an empty text`;
    context.warn(fields, below, reason, 'define the attribute in parley.yaml, or correct the name');
  }
}

/** Reads a pattern that is matched in linear time. */
export function readPattern(fields: FieldReader, key: string): string | undefined {
  const text = fields.text(key, { charactersMax: PATTERN_CHARACTERS_MAX });
  if (text === undefined) return undefined;
  const wrong = checkPattern(text);
  if (wrong !== null) {
    const remedy = 'write it in the syntax of RE2, which has no look-around and no back-references';
    fields.fault([key], `is not a valid pattern: ${wrong}`, remedy);
  }
  return text;
}
