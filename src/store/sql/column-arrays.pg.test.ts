// Values as they arrive in PostgreSQL: mistakes in a binary format are not visible anywhere else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { classifyFailure } from '../../database/failure.ts';
import {
  bigint,
  bigintList,
  boolean,
  type Columns,
  ColumnWriter,
  hexBytes,
  integer,
  json,
  jsonb,
  numbered,
  sqlOf,
  text,
  textList,
  timestamptz,
} from './column-arrays.ts';

const database = await openTestDatabase();

type Row = {
  readonly big: number | null;
  readonly whole: number | null;
  readonly words: string | null;
  readonly flag: boolean | null;
  readonly moment: number | null;
  readonly kept: object | null;
  readonly taken: object | null;
  readonly bytes: string | null;
  readonly numbers: readonly number[] | null;
  readonly names: readonly string[] | null;
};

const columns: Columns<Row> = {
  big: bigint((row) => row.big),
  whole: integer((row) => row.whole),
  words: text((row) => row.words),
  flag: boolean((row) => row.flag),
  moment: timestamptz((row) => row.moment),
  kept: json((row) => row.kept),
  taken: jsonb((row) => row.taken),
  bytes: hexBytes((row) => row.bytes),
  numbers: bigintList((row) => row.numbers),
  names: textList((row) => row.names),
};

/** Returns the rows as PostgreSQL understood them, read back as JSON. */
async function echo(rows: readonly Row[]): Promise<readonly Row[]> {
  const statement = numbered(
    `select json_build_object('big', big, 'whole', whole, 'words', words, 'flag', flag,
       'moment', (extract(epoch from moment) * 1000)::bigint, 'kept', kept, 'taken', taken,
       'bytes', encode(bytes, 'hex'), 'numbers', numbers, 'names', names) as row
     from (select ${sqlOf(columns).rows}) as r`,
  );
  // A row with only nulls would end the rows too early.
  const found = await ColumnWriter.lend((writer) =>
    database.sql<{ row: Row }>(statement, writer.write(columns, rows)),
  );
  return found.map(({ row }) => row);
}

const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null, freq: 4 });
/** Without U+0000: PostgreSQL cannot store it, and the contract removes it. */
const words = fc.string({ unit: 'grapheme', maxLength: 60 }).map((one) => one.replaceAll('\0', ''));
const object = fc.dictionary(words, fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null)));

const rowOf: fc.Arbitrary<Row> = fc.record({
  // Never null, like the workspace in every table.
  big: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, 2 ** 31, 2 ** 32, 2 ** 53 - 1)),
  whole: orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  words: orNull(words),
  flag: orNull(fc.boolean()),
  // From 1900 to 2500.
  moment: orNull(fc.integer({ min: -2_208_988_800_000, max: 16_725_225_600_000 })),
  kept: orNull(object),
  taken: orNull(object),
  bytes: orNull(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  ),
  numbers: orNull(fc.array(fc.maxSafeInteger(), { maxLength: 4 })),
  names: orNull(fc.array(words, { maxLength: 4 })),
});

test('column arrays: any values arrive unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rowOf, { minLength: 1, maxLength: 12 }), async (rows) => {
      assert.deepEqual(JSON.parse(JSON.stringify(await echo(rows))), rows.map(plain));
    }),
    { numRuns: 150 },
  );
});

/** fast-check's dictionaries have no prototype. */
const plain = (row: Row): unknown => JSON.parse(JSON.stringify(row));

const empty: Row = {
  big: 1,
  whole: null,
  words: null,
  flag: null,
  moment: null,
  kept: null,
  taken: null,
  bytes: null,
  numbers: null,
  names: null,
};

test('column arrays: texts larger than the memory of a new writer arrive', async () => {
  const rows = Array.from({ length: 40 }, (_, n) => ({
    ...empty,
    big: n,
    words: `${n} ${'wörter '.repeat(3_000)}`,
    kept: { text: '€'.repeat(5_000) },
  }));
  assert.deepEqual(await echo(rows), rows);
});

test('column arrays: half a surrogate pair arrives as the replacement character', async () => {
  const [row] = await echo([{ ...empty, words: 'a\ud83d' }]);
  assert.equal(row!.words, 'a\ufffd');
});

test('column arrays: two concurrent writers do not mix', async () => {
  const sides = ['left', 'right'].map((words) => Array(50).fill({ ...empty, words }) as Row[]);
  const [left, right] = await Promise.all(sides.map(echo));
  assert.deepEqual([left, right], sides);
});

test('column arrays: more bytes than a statement may have are rejected as invalid data', async () => {
  const row = { ...empty, words: 'x'.repeat(32 * 1024 * 1024) };
  const writing = ColumnWriter.lend(async (writer) => writer.write(columns, Array(12).fill(row)));
  await assert.rejects(writing, (error) => {
    assert.ok(error instanceof RangeError);
    // The engine splits the group; after `away` it would give every caller a 503.
    assert.equal(classifyFailure(error), 'rejected');
    return true;
  });
  assert.deepEqual(await echo([empty]), [empty]);
});
