// Finds marked texts in every text and JSON column of every table. It reads the tables from the catalogue, so that a
// new one cannot be forgotten.

import type { TestDatabase } from './postgres.ts';

type Column = { readonly table: string; readonly column: string };

/** Lists the words that begin with the mark, each with its place: `table.column: word`. */
export async function findMarks(database: TestDatabase, mark: string): Promise<string[]> {
  const columns = await database.sql<Column>(
    `select c.relname as table, a.attname as column
     from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     join pg_type t on t.oid = a.atttypid
     left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
     where c.relnamespace = 'parley'::regnamespace and c.relkind in ('r', 'p')
       and (t.typcategory = 'S' or t.typname in ('json', 'jsonb') or e.typcategory = 'S')
     order by 1, 2`,
  );
  const found: string[] = [];
  for (const { table, column } of columns) {
    const rows = await database.sql<{ word: string }>(
      `select distinct lower(m[1]) as word from "${table}",
         regexp_matches("${column}"::text, $1, 'gi') as m order by 1`,
      [`(${mark}[a-z0-9_]*)`],
    );
    found.push(...rows.map(({ word }) => `${table}.${column}: ${word}`));
  }
  return found;
}
