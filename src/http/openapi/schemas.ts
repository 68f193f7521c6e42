// Converts the schemas that the server validates with into those that are published: every titled one becomes a
// component, and Parley's own formats and look-ahead patterns become standard ones. Validates nothing.

import type { TSchema } from 'typebox';
import { emailFormat, idPattern, notBlankPattern } from '../../contract/schema-pieces.ts';
import type { Schema } from './types.ts';

/** Readable replacements of patterns. Slightly looser than the originals; the note describes the rest. */
const publishedPatterns: Readonly<Record<string, { pattern: string; note: string }>> = {
  [idPattern]: {
    pattern: '^[^\\u0000-\\u001F\\u007F]+$',
    note: 'Not blank, without control characters.',
  },
  [notBlankPattern]: { pattern: '\\S', note: 'Not blank.' },
};

export class PublishedSchemas {
  readonly components: Record<string, Schema> = {};

  /** Converts a schema. A titled one is added to the components, and the result is a reference. */
  publish(schema: TSchema | Schema): Schema {
    // Through JSON, which drops TypeBox's own properties.
    return this.#rewrite(JSON.parse(JSON.stringify(schema)) as Schema);
  }

  #rewrite(schema: Schema): Schema {
    const rewritten = inStandardWords(
      Object.fromEntries(
        Object.entries(schema).map(([keyword, value]) => [keyword, this.#inside(keyword, value)]),
      ),
    );
    if (typeof schema.title !== 'string') return rewritten;
    const name = componentName(schema.title);
    const known = this.components[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(rewritten)) {
      throw new Error(`two different schemas have the title "${schema.title}"`);
    }
    this.components[name] = rewritten;
    return { $ref: `#/components/schemas/${name}` };
  }

  #inside(keyword: string, value: unknown): unknown {
    if (keyword === 'items') return this.#rewrite(value as Schema);
    if (keyword === 'anyOf') return (value as Schema[]).map((one) => this.#rewrite(one));
    if (keyword !== 'properties') return value;
    return Object.fromEntries(
      Object.entries(value as Record<string, Schema>).map(([name, property]) => [
        name,
        this.#rewrite(property),
      ]),
    );
  }
}

/** Converts a title to a component name: `New conversation` becomes `NewConversation`. */
const componentName = (title: string): string =>
  title.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) =>
    letter.toUpperCase(),
  );

function inStandardWords(schema: Schema): Schema {
  const { patternProperties, ...rest } = schema;
  const words: Record<string, unknown> = { ...rest };
  if (patternProperties !== undefined) words.additionalProperties = true;
  if (schema.format === emailFormat) words.format = 'email';
  const published = publishedPatterns[String(schema.pattern)];
  if (published !== undefined) {
    words.pattern = published.pattern;
    words.description = [schema.description, published.note].filter(Boolean).join(' ');
  }
  return words;
}
