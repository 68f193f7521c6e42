// What a backup copies: every table of the schema with its columns, in an order in which they can be filled again, and
// every sequence. Read from PostgreSQL's catalogs, so a table that a later migration adds is not forgotten.

import type { Connection } from '../../database/pool.ts';

export type CopiedTable = { readonly name: string; readonly columns: readonly string[] };

export type SequenceState = {
  readonly name: string;
  readonly lastValue: number;
  readonly isCalled: boolean;
};

/**
 * Made by the migrations and by the database itself: which migrations ran, how far its transactions are
 * (raiseLogOffset), and that a restore is in progress.
 */
const notCopied = ['schema_migrations', 'log_offset', 'unfinished_restore'];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The full name, for a statement. */
const fullName = (name: string): string => `parley.${quoted(name)}`;

/** The tables: each after those that its foreign keys point to. */
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

/** Reads a table's rows in PostgreSQL's text format, which every version reads. */
export const copyOut = (table: CopiedTable): string =>
  `copy (select ${columnList(table)} from ${fullName(table.name)}) to stdout`;

/** Fills a table with such rows. */
export const copyIn = (table: CopiedTable): string =>
  `copy ${fullName(table.name)} (${columnList(table)}) from stdin`;

/** No migration may change a table between the first row and the last. */
export async function holdTables(
  connection: Connection,
  tables: readonly CopiedTable[],
): Promise<void> {
  const names = tables.map(({ name }) => fullName(name)).join(', ');
  if (names !== '') await connection.query(`lock table ${names} in access share mode`);
}

/** Whether every row is shown to this connection: a backup of what row-level security leaves would be empty. */
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
 * Lets COPY fill a table: it refuses where row-level security applies, and the rows bring the counts that a trigger
 * would raise. Both only for this transaction, as closeTable() ends it.
 */
export async function openTable(connection: Connection, { name }: CopiedTable): Promise<void> {
  const full = fullName(name);
  await connection.query(`alter table ${full} no force row level security, disable trigger user`);
}

/** Takes back what openTable() did. */
export async function closeTable(connection: Connection, { name }: CopiedTable): Promise<void> {
  await connection.query(
    `alter table ${fullName(name)} force row level security, enable trigger user`,
  );
}

/** So that the planner knows them before the first vacuum. */
export async function analyzeTables(
  connection: Connection,
  tables: readonly CopiedTable[],
): Promise<void> {
  await connection.query(`analyze ${tables.map(({ name }) => fullName(name)).join(', ')}`);
}

/** Where the sequences are; read after the rows' snapshot was taken, so no number in a row is beyond. */
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
