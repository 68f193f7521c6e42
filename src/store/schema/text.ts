// The schema as text, to read and compare: the committed schema.sql, and that of a running database. It is not meant
// to be executed: migrations create the schema.

import { readFileSync } from 'node:fs';
import type { Pool } from '../../database/pool.ts';
import { type Catalog, type CatalogTable, readCatalog } from './catalog.ts';

const title = [
  '-- The schema "parley" as the migrations make it, on every supported PostgreSQL. Written by `npm run schema` from a',
  '-- freshly migrated database, checked by a test, and compared with the living database by `parley doctor`.',
  '-- For reading and comparing only: the files in migrations/ are what makes it.',
  '',
].join('\n');

/** Returns the schema that this program expects. */
export const expectedSchema = (): string =>
  readFileSync(new URL('./schema.sql', import.meta.url), 'utf8');

/**
 * Describes the schema of a database.
 * @param pool a pool for the purpose `admin`.
 */
export async function describeSchema(pool: Pool): Promise<string> {
  const connection = await pool.connect();
  try {
    const text = schemaText(await readCatalog(connection));
    connection.release();
    return text;
  } catch (error) {
    connection.release(error as Error);
    throw error;
  }
}

function schemaText(catalog: Catalog): string {
  const parts = [
    ...catalog.sequences.map((text) => part(`sequence ${nameIn(text)}`, [`${text};`])),
    ...catalog.functions.map((text) => part(`function ${nameIn(text)}`, [`${text.trimEnd()};`])),
    ...catalog.tables.map((table) => part(`table ${table.name}`, tableLines(table))),
    ...catalog.others.map((text) => part(text.split('\n', 1)[0]!, [text])),
  ];
  return `${title}\n${parts.join('\n')}`;
}

const part = (name: string, lines: readonly string[]): string =>
  `-- ${name}\n${lines.map((line) => `${line}\n`).join('')}`;

/** Finds the first name in the schema: `signal_numbers` in `create sequence parley.signal_numbers …`. */
const nameIn = (text: string): string => /parley\.("[^"]*"|\w+)/.exec(text)?.[1] ?? text;

function tableLines(table: CatalogTable): string[] {
  const { name, columns, constraints, isSecured, isForced } = table;
  const full = `parley.${/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name}"`}`;
  const inside = [...columns, ...constraints];
  return [
    `create table ${full} (`,
    ...inside.map((line, index) => `  ${line}${index === inside.length - 1 ? '' : ','}`),
    ');',
    ...table.indexes.map((text) => `${text};`),
    `alter table ${full} ${isSecured ? 'enable' : 'disable'} row level security;`,
    `alter table ${full} ${isForced ? 'force' : 'no force'} row level security;`,
    ...[...table.policies, ...table.triggers].map((text) => `${text};`),
  ];
}
