// Compiles the schemas of the OpenAPI document into checks, by JSON Schema 2020-12 in strict mode.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Schema } from '../../src/http/openapi/types.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Compiles the schemas of a document.
 * @param options `isPartial`: fields may be left out, as shortened examples do.
 * `isStrict`: the schemas themselves are checked, too.
 */
export function openDocumentedSchemas(
  document: { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } },
  { isPartial = false, isStrict = true } = {},
): (schema: Schema) => ValidateFunction {
  const validator = new Ajv2020({
    strict: isStrict,
    validateSchema: isStrict,
    allowUnionTypes: true,
    allErrors: true,
  });
  validator.addFormat('email', /^[^@\s]+@[^@\s]+$/);
  validator.addFormat('uuid', uuid);
  const adapt = (schema: object): Schema =>
    JSON.parse(JSON.stringify(schema), (key, value) => {
      if (key === '$ref') return value.replace('#/components/schemas/', 'parley#/$defs/');
      // A field may itself be called "required"; a list is the keyword.
      return isPartial && key === 'required' && Array.isArray(value) ? undefined : value;
    });
  validator.addSchema({ $id: 'parley', $defs: adapt(document.components.schemas) });
  return (schema) => validator.compile(adapt(schema));
}
