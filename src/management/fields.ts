// Reads a body with the reader of parley.yaml, so that a request and a file obey the same rules.

import { fail, ok, type Result } from '../base/result.ts';
import { type Fault, FieldReader } from '../base/text-files/field-reader.ts';
import { type ContractError, errorCatalogue, errorItem } from '../contract/errors.ts';

/** Reads a body; all its faults are one error. */
export function readFields<Value>(
  body: object,
  read: (fields: FieldReader) => Value,
): Result<Value, ContractError> {
  const faults: Fault[] = [];
  const value = read(new FieldReader(body, [], (fault) => faults.push(fault)));
  if (faults.length === 0) return ok(value);
  const errors = faults.map(({ path, reason, remedy }) => {
    const field = path.join('.');
    return errorItem('parameterInvalid', field, `${field} ${reason}: ${remedy}`);
  });
  return fail({ status: errorCatalogue.parameterInvalid.status, errors });
}
