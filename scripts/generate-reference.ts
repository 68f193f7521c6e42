// `npm run reference`: writes docs/parley-yaml.md and docs/parley.schema.json from the description of parley.yaml. The
// tests fail while either is out of date.

import { writeFileSync } from 'node:fs';
import { showDuration } from '../src/base/text-files/duration.ts';
import type { Described, Keys, Kind } from '../src/provisioning/describe-keys.ts';
import { setupDescription } from '../src/provisioning/setup-description.ts';

type Schema = { readonly [key: string]: unknown };

/** Any text may hold a variable, whose value no editor knows. */
const variable = { type: 'string', pattern: '\\$\\{env:[^}]*\\}' };

/** JSON Schema, draft 7: what the YAML language server of editors understands best. */
export function setupSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'parley.yaml',
    description: 'What `parley apply` brings a workspace to. Made by `npm run reference`.',
    ...schemaOfKeys(setupDescription),
  };
}

export const setupSchemaText = (): string => `${JSON.stringify(setupSchema(), null, 2)}\n`;

function schemaOfKeys(keys: Keys): Schema {
  const required = Object.keys(keys).filter((key) => keys[key]!.isRequired);
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(keys).map(([key, one]) => [key, schemaOfKey(one)]),
    ),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function schemaOfKey(one: Described): Schema {
  const schema = schemaOf(one);
  const description = one.usual === undefined ? one.about : `${one.about} Default: ${one.usual}.`;
  if (one.isRequired === true || one.isNeverEmpty === true) return { description, ...schema };
  // A key with nothing behind it counts as not written.
  return { description, anyOf: [schema, { type: 'null' }] };
}

function schemaOf(kind: Kind): Schema {
  switch (kind.kind) {
    case 'text':
      return { type: 'string', pattern: kind.pattern ?? '\\S', maxLength: kind.charactersMax };
    case 'choice':
      return { anyOf: [{ enum: kind.values }, variable] };
    case 'flag':
      return { type: 'boolean' };
    case 'duration':
      return { anyOf: [{ type: 'string', pattern: '^\\d{1,9}[smhd]$' }, variable] };
    case 'list':
      return { type: 'array', items: schemaOf(kind.entry), maxItems: kind.countMax };
    case 'mapping':
      return schemaOfKeys(kind.keys);
    case 'names':
      return {
        type: 'object',
        propertyNames: { pattern: kind.namePattern },
        additionalProperties: schemaOf(kind.entry),
        maxProperties: kind.countMax,
      };
  }
}

const preamble = `# parley.yaml

<!-- Made by \`npm run reference\` from src/provisioning/setup-description.ts: change that. -->

What a \`parley.yaml\` may say. \`parley apply\` brings a workspace to it, all of it or nothing. What the file does not
mention stays as it is; a default counts for what is new. A list beyond its limit, a key that is not here and a value
that does not fit are refused, with the line. Any text may take a variable of the environment: \`\${env:NAME}\`.
Durations are a number and \`s\`, \`m\`, \`h\` or \`d\`. Workflow files have [a page of their own](workflows.md).

Editors with the YAML language server complete and check the file if its first line names
[the schema](parley.schema.json), by a path or a URL:

\`\`\`yaml
# yaml-language-server: $schema=docs/parley.schema.json
workspace: default
tags: [vip]
\`\`\`
`;

/** The page for people. */
export const setupPage = (): string => [preamble, ...sectionsOf('', setupDescription)].join('\n');

function sectionsOf(place: string, keys: Keys): string[] {
  const title = place === '' ? 'The file' : `\`${place}\``;
  const rows = Object.entries(keys).map(([key, one]) => rowOf(key, one));
  const table = ['| Key | Value | Default | What it is for |', '|---|---|---|---|', ...rows];
  const below = Object.entries(keys).flatMap(([key, one]) => {
    const inner = one.kind === 'list' ? one.entry : one;
    const path = `${place === '' ? '' : `${place}.`}${key}${one.kind === 'list' ? '[]' : ''}`;
    return inner.kind === 'mapping' ? sectionsOf(path, inner.keys) : [];
  });
  return [`## ${title}\n\n${table.join('\n')}\n`, ...below];
}

function rowOf(key: string, one: Described): string {
  const usual = one.isRequired === true ? 'required' : (one.usual ?? 'none');
  return `| \`${key}\` | ${wordsFor(one)} | ${usual} | ${one.about} |`;
}

function wordsFor(kind: Kind): string {
  switch (kind.kind) {
    case 'text':
      return `text, up to ${counted(kind.charactersMax)} characters`;
    case 'choice':
      return kind.values.map((value) => `\`${value}\``).join(', ');
    case 'flag':
      return '`true` or `false`';
    case 'duration':
      return `duration from ${showDuration(kind.minMs)} to ${showDuration(kind.maxMs)}`;
    case 'list':
      return `list of up to ${counted(kind.countMax)}${entriesOf(kind.entry)}`;
    case 'mapping':
      return 'mapping, see below';
    case 'names':
      return `names with texts, up to ${counted(kind.countMax)}`;
  }
}

const entriesOf = (entry: Kind): string =>
  entry.kind === 'mapping' ? ' mappings, see below' : `, each a ${wordsFor(entry)}`;

const counted = (count: number): string => count.toLocaleString('en');

if (import.meta.main) {
  const docs = new URL('../docs/', import.meta.url);
  writeFileSync(new URL('parley.schema.json', docs), setupSchemaText());
  writeFileSync(new URL('parley-yaml.md', docs), setupPage());
}
