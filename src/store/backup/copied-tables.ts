// The tables and sequences that a backup copies, tables in an order in which they can be restored. Reads them from
// PostgreSQL's catalogs, so a table that a later migration adds is included.

import type { Connection } from '../../database/pool.ts';

export type CopiedTable = { readonly name: string; readonly columns: readonly string[] };

export type SequenceState = {
  readonly name: string;
  readonly lastValue: number;
  readonly isCalled: boolean;
};

/**
 * Tables that a backup leaves out, because migrations or the database itself fill them: which migrations ran, the
 * offset of positions (raiseLogOffset), and the mark of a restore in progress.
 */
const notCopied = ['schema_migrations', 'log_offset', 'unfinished_restore'];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Returns the full name, for a statement. */
const fullName = (name: string): string => `parley.${quoted(name)}`;

/** Lists the tables, each after those that its foreign keys reference. */
export async function listCopiedTables(connection: Connection): Promise<CopiedTable[]> {
  const { rows } = await connection.query<CopiedTable & { parents: string[] }>(
    `select c.relname as name,
        array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0
          and not attisdropped and attgenerated = '' order by attnum) as columns,
        array(select p.relname::text from pg_constraint f join pg_class p on p.oid = f.confrelid
          where f.conrelid = c.oid and f.contype = 'f' and p.oid <> c.oid) as parents
      from pg_class c
      where c.relnamespace = to_regnamespace('parley') and c.relkind = 'r' and c.relname <> all($1)
      order by c.relname collate "C"`,
    [notCopied],
  );
  const ordered: CopiedTable[] = [];
  const waiting = [...rows];
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ parents }) =>
      parents.every((parent) => !waiting.some(({ name }) => name === parent)),
    );
    if (next === -1) throw new Error('foreign keys of the schema form a circle');
    for (const { name, columns } of waiting.splice(next, 1)) ordered.push({ name, columns });
  }
  return ordered;
}

const columnList = ({ columns }: CopiedTable): string => columns.map(quoted).join(', ');

/** Writes the statement that reads a table in PostgreSQL's text format, which every version understands. */
export const copyOut = (table: CopiedTable): string =>
  `copy (select ${columnList(table)} from ${fullName(table.name)}) to stdout`;

/** Writes the statement that fills a table with such rows. */
export const copyIn = (table: CopiedTable): string =>
  `copy ${fullName(table.name)} (${columnList(table)}) from stdin`;

/** Locks the tables, so that no migration changes one while it is copied. */
export async function holdTables(
  connection: Connection,
  tables: readonly CopiedTable[],
): Promise<void> {
  const names = tables.map(({ name }) => fullName(name)).join(', ');
  if (names !== '') await connection.query(`lock table ${names} in access share mode`);
}

/** Whether this connection sees all rows: under row-level security a backup would be empty. */
export async function seesEverything(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ sees: boolean }>(
    'select parley.sees_all_workspaces() as sees',
  );
  return rows[0]!.sees;
}

export async function countRows(connection: Connection, { name }: CopiedTable): Promise<number> {
  const { rows } = await connection.query<{ count: number }>(
    `select count(*) as count from ${fullName(name)}`,
  );
  return rows[0]!.count;
}

export async function hasRows(connection: Connection, { name }: CopiedTable): Promise<boolean> {
  const { rows } = await connection.query(`select from ${fullName(name)} limit 1`);
  return rows.length > 0;
}

/**
 * Prepares a table for COPY: disables row-level security, under which COPY fails, and triggers, whose counts are
 * already in the rows. closeTable() undoes this in the same transaction.
 */
export async function openTable(connection: Connection, { name }: CopiedTable): Promise<void> {
  const full = fullName(name);
  await connection.query(`alter table ${full} no force row level security, disable trigger user`);
}

/** Undoes openTable(). */
export async function closeTable(connection: Connection, { name }: CopiedTable): Promise<void> {
  await connection.query(
    `alter table ${fullName(name)} force row level security, enable trigger user`,
  );
}

/** Analyzes tables, so that the planner has statistics before the first vacuum. */
export async function analyzeTables(
  connection: Connection,
  tables: readonly CopiedTable[],
): Promise<void> {
  await connection.query(`analyze ${tables.map(({ name }) => fullName(name)).join(', ')}`);
}

/** Reads the positions of sequences; called after the rows' snapshot was taken, so no row has a higher number. */
export async function readSequences(connection: Connection): Promise<SequenceState[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = to_regnamespace('parley') and relkind = 'S' order by relname collate "C"`,
  );
  const states: SequenceState[] = [];
  for (const { name } of rows) {
    const state = await connection.query<Omit<SequenceState, 'name'>>(
      `select last_value as "lastValue", is_called as "isCalled" from ${fullName(name)}`,
    );
    states.push({ name, ...state.rows[0]! });
  }
  return states;
}

export async function setSequences(
  connection: Connection,
  states: readonly SequenceState[],
): Promise<void> {
  for (const { name, lastValue, isCalled } of states) {
    await connection.query('select setval($1::regclass, $2::bigint, $3)', [
      fullName(name),
      lastValue,
      isCalled,
    ]);
  }
}
