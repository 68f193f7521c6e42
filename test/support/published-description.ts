// The published description of the vendor's API 2.14, with our deviations, as an OpenAPI 3.1 document: its schemas are
// made strict, so that a response must have every published property.

import { readFileSync } from 'node:fs';
import type { Schema } from '../../src/http/openapi/types.ts';
import type { Deviation } from '../contract/published/deviations.ts';

type Content = {
  readonly 'application/json'?: {
    readonly schema?: Schema;
    readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
  };
};

type PublishedOperation = {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

type PublishedDescription = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, PublishedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

type Json = { [key: string]: unknown };

/**
 * Reads the description.
 * @param options `isComplete`: every published property is required, unless a deviation lets it be absent.
 */
export function readPublishedDescription(
  deviations: readonly Deviation[],
  { isComplete }: { readonly isComplete: boolean },
): PublishedDescription {
  const file = new URL('../contract/published/intercom-2.14.json', import.meta.url);
  const description = JSON.parse(readFileSync(file, 'utf8'));
  const { schemas } = description.components;
  for (const { replaced = {} } of deviations) {
    for (const [name, schema] of Object.entries(replaced)) {
      for (const [owner, key] of placesNamed(schemas, name)) owner[key] = schema;
    }
  }
  if (isComplete) requireAll(description);
  for (const { mayBeNull = [], mayBeAbsent = [] } of deviations) {
    for (const [properties, key] of mayBeNull.flatMap((name) => placesNamed(schemas, name))) {
      properties[key] = { ...(properties[key] as Json), nullable: true };
    }
    for (const [, key, owner] of mayBeAbsent.flatMap((name) => placesNamed(schemas, name))) {
      owner.required = owner.required?.filter((one) => one !== key) ?? [];
    }
  }
  return modernize(description) as PublishedDescription;
}

type ObjectSchema = Json & { properties: Json; required?: string[] };

type Place = readonly [places: Json, key: string, owner: ObjectSchema];

/** @returns where the named schema, or the named properties of a schema, are written. */
function placesNamed(schemas: Json, name: string): readonly Place[] {
  const [schemaName, ...keys] = name.split('.');
  let owner = { properties: schemas } as ObjectSchema;
  for (const key of [schemaName!, ...keys.slice(0, -1)]) {
    const found = owner.properties[key] as ObjectSchema | undefined;
    if (keys.length > 0) owner = (found?.items ?? found) as ObjectSchema;
  }
  const key = keys.at(-1) ?? schemaName;
  const found = Object.keys(owner?.properties ?? {}).filter((one) => key === '*' || one === key);
  if (found.length === 0) throw new Error(`the published description has no ${name}`);
  return found.map((one) => [owner.properties, one, owner]);
}

function requireAll(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as ObjectSchema;
  if (isSchemaOfObject(schema)) schema.required = Object.keys(schema.properties);
  for (const inner of Object.values(schema)) requireAll(inner);
}

const isSchemaOfObject = ({ type, allOf, properties }: ObjectSchema): boolean =>
  (type === 'object' || allOf !== undefined) && typeof properties === 'object';

/** From OpenAPI 3.0 to JSON Schema 2020-12: `nullable` becomes a type, and the formats of numbers go. */
function modernize(value: unknown, areProperties = false): unknown {
  if (Array.isArray(value)) return value.map((one) => modernize(one));
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(
    Object.entries(value).map(([key, inner]): [string, unknown] => [
      key,
      key === 'examples' ? inner : modernize(inner, key === 'properties'),
    ]),
  );
  if (areProperties) return schema;
  const { nullable, default: _, format, ...rest } = schema;
  const kept = format === 'email' || format === 'uuid' ? { ...rest, format } : rest;
  return nullable === true ? { anyOf: [kept, { type: 'null' }] } : kept;
}
