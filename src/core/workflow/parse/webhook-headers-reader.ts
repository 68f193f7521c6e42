// Reads the headers of a call_webhook step: names that may be sent, and values that are templates or name secrets.
// Never both: templates are filled with texts of contacts, which must not be searched for placeholders of secrets.

import type { FieldReader } from '../../../base/text-files/field-reader.ts';
import { headerNameFault, isHeaderValue } from '../../model/sendable-header.ts';
import { secretMark, withoutSecrets } from '../template/secret-mark.ts';
import type { ReadingContext } from './reading-context.ts';
import { checkSecretsIn } from './secrets-reader.ts';
import { readTemplate } from './text-reader.ts';

const HEADER_CHARACTERS_MAX = 4_096;
const HEADERS_MAX = 30;

/** Reads the headers by name. */
export function readHeaders(context: ReadingContext): Readonly<Record<string, string>> {
  const headers = context.fields.mapping('headers');
  if (headers === undefined) return {};
  const entries = headers.entries(HEADERS_MAX);
  const seen = new Set<string>();
  return Object.fromEntries(
    entries.map(([name]) => {
      const fault = headerNameFault(name);
      if (fault !== null) headers.fault([name], fault, 'remove it, or use another name');
      if (seen.has(name.toLowerCase())) {
        headers.fault([name], 'is a duplicate in another case', 'remove one of the two');
      }
      seen.add(name.toLowerCase());
      return [name, readValue(context, headers, name)];
    }),
  );
}

function readValue(context: ReadingContext, headers: FieldReader, name: string): string {
  const rules = { charactersMax: HEADER_CHARACTERS_MAX, isRequired: true };
  const given = headers.value(name);
  const hasSecret = typeof given === 'string' && secretMark.test(given);
  const value = hasSecret ? headers.text(name, rules) : readTemplate(context, headers, name, rules);
  if (value === undefined) return '';
  const isTemplate = /\{[{%]/.test(value);
  if (hasSecret) {
    checkSecretsIn(context, headers, [name], value);
    if (isTemplate) {
      const remedy = 'put one of the two into a header of its own';
      headers.fault([name], 'mixes a secret with a template', remedy);
    }
  }
  // Values of templates are made safe when they are sent; literal text is checked here.
  const literal = withoutSecrets(value)
    .replaceAll(/\{\{.*?\}\}|\{%.*?%\}/gs, 'x')
    .trim();
  if (!isHeaderValue(isTemplate ? literal.replaceAll(/\s+/g, ' ') || 'x' : literal)) {
    headers.fault(
      [name],
      'is not a valid header value',
      'use visible ASCII characters, in one line',
    );
  }
  return hasSecret ? value.trim() : value;
}
