// Generates the types of the outbound events as a standalone text, for the package of the receiver, which has no
// dependencies, from Parley's own schemas. Stops at any kind of schema that it does not know.

import { ephemeralEvents, loggedEvents } from '../src/contract/outbound-events.ts';

type Schema = {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
};

const simple: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** Generates the declarations: `OutboundEvent`, and one type for each event. */
export function eventTypes(): string {
  // What TypeBox makes is JSON Schema with a type; only the schema counts here.
  const events = { ...loggedEvents, ...ephemeralEvents } as unknown as Record<string, Schema>;
  const names = Object.keys(events).map((name) => [name, typeName(name)] as const);
  const declarations = names.map(
    ([name, type]) =>
      `${comment(events[name]!, '')}export type ${type} = ${typeOf(events[name]!, '')};\n`,
  );
  const union = names.map(([, type]) => `  | ${type}`).join('\n');
  return [
    '// Everything that Parley sends in the format `parley`. Made from the schemas of the server.\n',
    ...declarations,
    `/** Everything that a receiver can be sent. */\nexport type OutboundEvent =\n${union};\n`,
  ].join('\n');
}

/** Converts `new_message` to NewMessageEvent. */
function typeName(event: string): string {
  const words = event.split('_').map((word) => word[0]!.toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}

function comment({ description }: Schema, indent: string): string {
  return description === undefined ? '' : `${indent}/** ${description} */\n`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (schema.type === undefined && Object.keys(schema).length === 0) return 'unknown';
  if (schema.type === 'array' && schema.items !== undefined) {
    return `Array<${typeOf(schema.items, indent)}>`;
  }
  if (schema.type === 'object' && schema.properties !== undefined) {
    return objectOf(schema.properties, new Set(schema.required), indent);
  }
  const kinds = [schema.type].flat().map((kind) => simple[kind ?? '']);
  if (kinds.includes(undefined)) {
    throw new Error(`no type is known for ${JSON.stringify(schema)}`);
  }
  return kinds.join(' | ');
}

function objectOf(
  properties: Readonly<Record<string, Schema>>,
  required: ReadonlySet<string>,
  indent: string,
): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const mark = required.has(name) ? '' : '?';
    return `${comment(schema, inner)}${inner}${name}${mark}: ${typeOf(schema, inner)};\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
}
