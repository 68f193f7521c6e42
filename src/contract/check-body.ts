// Checks a parsed body against its schema and lists every invalid field, in the contract's words
// (rows 17, 18, 31, 32, 34, 42, 44). Ajv checks; this file translates its findings.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { fail, ok, type Result } from '../base/result.ts';
import {
  type ContractError,
  type ErrorItem,
  type ErrorName,
  errorCatalogue,
  errorItem,
} from './errors.ts';
import { emailFormat } from './schema-pieces.ts';
import { isEmailAddress } from './text.ts';

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  coerceTypes: false,
  formats: { [emailFormat]: isEmailAddress },
});

/**
 * Compiles a schema into a check.
 * @returns a function that returns the typed body, or an error with one entry per invalid field: 422 if any JSON
 *   type is wrong, else 400.
 */
export function bodyCheck<Schema extends TSchema>(
  schema: Schema,
): (body: unknown) => Result<Static<Schema>, ContractError> {
  const validate: ValidateFunction = ajv.compile(schema);
  return (body) => {
    if (validate(body)) return ok(body as Static<Schema>);
    return fail(explain(validate.errors ?? []));
  };
}

function explain(findings: readonly ErrorObject[]): ContractError {
  const byField = new Map<string | null, { name: ErrorName; item: ErrorItem }>();
  for (const finding of findings) {
    const fault = explainOne(finding);
    // One entry per field: the first finding is the most telling, later ones follow from it.
    if (!byField.has(fault.item.field)) byField.set(fault.item.field, fault);
  }
  const faults = [...byField.values()];
  const mismatch = faults.some((fault) => fault.name === 'typeMismatch');
  return {
    status: mismatch ? errorCatalogue.typeMismatch.status : errorCatalogue.parameterInvalid.status,
    errors: faults.map((fault) => fault.item),
  };
}

function explainOne(finding: ErrorObject): { name: ErrorName; item: ErrorItem } {
  const path = finding.instancePath.slice(1).replaceAll('/', '.');
  if (finding.keyword === 'required') {
    const missing = String(finding.params.missingProperty);
    return required(path === '' ? missing : `${path}.${missing}`);
  }
  if (path === '') {
    const message = 'The request body must be a JSON object';
    return { name: 'typeMismatch', item: errorItem('typeMismatch', null, message) };
  }
  if (finding.data === null || isBlank(finding)) return required(path);
  const name = finding.keyword === 'type' ? 'typeMismatch' : 'parameterInvalid';
  return { name, item: errorItem(name, path, `${path} ${describe(finding)}`) };
}

function required(field: string): { name: ErrorName; item: ErrorItem } {
  const item = errorItem('parameterRequired', field, `${field} is required`);
  return { name: 'parameterRequired', item };
}

/** Whether a required text is empty or white space, which counts as missing (row 31). Enumerations are excluded. */
function isBlank(finding: ErrorObject): boolean {
  return (
    finding.keyword !== 'enum' &&
    typeof finding.data === 'string' &&
    finding.data.replaceAll('\u0000', '').trim() === ''
  );
}

function describe(finding: ErrorObject): string {
  const { params } = finding;
  switch (finding.keyword) {
    case 'type':
      return `must be ${[params.type].flat().join(' or ')}`;
    case 'enum':
      return `must be one of: ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'maxLength':
      return `must not be longer than ${params.limit} characters`;
    case 'minimum':
    case 'maximum':
      return 'is too large an integer to be stored exactly: send it as a string';
    case 'format':
      return 'is not a valid email address';
    case 'pattern':
      return 'contains a control character or a broken surrogate pair';
    default:
      return finding.message ?? 'is not allowed';
  }
}
