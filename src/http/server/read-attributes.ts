// Reads the custom attributes that a caller gives to a contact or a conversation: names and values as they may be
// stored. Whether a value fits its data attribute, the engine decides.

import { countCharacters } from '../../base/characters.ts';
import { limits } from '../../base/limits.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { isExternalId } from '../../contract/schema-pieces.ts';
import { cleanJson } from '../../core/model/clean-json.ts';
import type { Json } from '../../core/model/model.ts';

/** Reads the attributes. */
export function readAttributes(attributes: {
  readonly [name: string]: unknown;
}): Result<{ readonly [name: string]: Json }, ContractError> {
  const read: [string, Json][] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const field = `custom_attributes.${name}`;
    if (!isExternalId(name)) {
      const message = 'A name is too long, blank, or has a control character';
      return fail(apiError('parameterInvalid', 'custom_attributes', message));
    }
    if (typeof value === 'object' && value !== null) {
      const message = `${field} must be a text, number, boolean or null: custom objects are not served`;
      return fail(apiError('typeMismatch', field, message));
    }
    const isTooLong =
      typeof value === 'string' && countCharacters(value) > limits.attributeValueCharactersMax;
    if (isTooLong) {
      const message = `${field} must not be longer than ${limits.attributeValueCharactersMax} characters`;
      return fail(apiError('parameterInvalid', field, message));
    }
    read.push([name, cleanJson(value as Json)]);
  }
  return ok(Object.fromEntries(read));
}
