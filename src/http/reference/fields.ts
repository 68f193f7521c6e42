// Lists the fields of a schema, nested ones by their dotted names.

import type { OpenApiDocument, Schema } from '../openapi/types.ts';
import { breakable, type Html, html, sentence } from './html.ts';

type Schemas = OpenApiDocument['components']['schemas'];

export type Field = {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
};

/** Lists the fields of an object schema, each followed by its nested fields. */
export function fieldsOf(schema: Schema, schemas: Schemas, prefix = ''): readonly Field[] {
  const { properties = {}, required = [] } = resolve(schema, schemas) as {
    properties?: Record<string, Schema>;
    required?: readonly string[];
  };
  return Object.entries(properties).flatMap(([key, reference]) => {
    const property = resolve(reference, schemas);
    const name = `${prefix}${key}`;
    const field: Field = {
      name,
      type: typeWords(property),
      isRequired: required.includes(key),
      description: String(property.description ?? ''),
    };
    const isList = property.type === 'array';
    const inner = isList ? (property.items as Schema) : property;
    return [field, ...fieldsOf(inner, schemas, `${name}${isList ? '[]' : ''}.`)];
  });
}

export function resolve(schema: Schema, schemas: Schemas): Schema {
  if (typeof schema.$ref !== 'string') return schema;
  const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  return schemas[name]!;
}

function typeWords({ type, enum: values, const: only, format, maxLength }: Schema): string {
  if (only !== undefined) return `always ${JSON.stringify(only)}`;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' or ');
  const words = [Array.isArray(type) ? type.join(' or ') : String(type ?? 'anything')];
  if (typeof format === 'string') words.push(format);
  if (typeof maxLength === 'number')
    words.push(`up to ${maxLength.toLocaleString('en')} characters`);
  return words.join(', ');
}

/** Renders fields as a description list. */
export function fieldList(fields: readonly Field[], requiredWord: string | null): Html {
  const rows = fields.map(
    ({ name, type, isRequired, description }) => html`
<div>
<dt><code>${breakable(name)}</code> <span class="type">${type}</span>${
      isRequired && requiredWord !== null
        ? html` <span class="${requiredWord}">${requiredWord}</span>`
        : null
    }</dt>
<dd>${sentence(description)}</dd>
</div>`,
  );
  return html`<dl class="fields">${rows}</dl>`;
}
