// Rows as parameters of a statement: each column is one parameter, an array in PostgreSQL's binary format, which
// neither side has to quote or parse (docs/decisions/0003-one-statement.md). Knows no table.

/** A column: its SQL, and how to write the value of a row. */
export type Column<Row> = {
  /** The SQL of the column; each `$` stands for a parameter. */
  readonly sql: string;
  readonly elementType: number;
  /** Writes a value with its length. Returns false for null and writes nothing. */
  readonly put: (row: Row, to: ColumnWriter) => boolean;
};

export type Columns<Row> = Readonly<Record<string, Column<Row>>>;

/** The object ids of PostgreSQL's types, the same in every database. */
const types = {
  boolean: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  timestamptz: 1184,
  json: 114,
  jsonb: 3802,
};

const column =
  <Value>(sql: string, elementType: number, write: (to: ColumnWriter, value: Value) => void) =>
  <Row>(of: (row: Row) => Value | null): Column<Row> => ({
    sql,
    elementType,
    put(row, to) {
      const value = of(row);
      if (value === null) return false;
      write(to, value);
      return true;
    },
  });

/** A column of whole numbers below 2^53. */
export const bigint = column<number>('unnest($::int8[])', types.int8, (to, value) =>
  to.putInt8(value),
);

export const integer = column<number>('unnest($::int4[])', types.int4, (to, value) =>
  to.putInt4(value),
);

export const boolean = column<boolean>('unnest($::boolean[])', types.boolean, (to, value) =>
  to.putBoolean(value),
);

export const text = column<string>('unnest($::text[])', types.text, (to, value) =>
  to.putText(value),
);

/** A column of JSON values, stored as text. */
export const json = column<object>('unnest($::json[])', types.json, (to, value) =>
  to.putText(JSON.stringify(value)),
);

/** A column of JSON values, stored parsed for queries. */
export const jsonb = column<object>('unnest($::jsonb[])', types.jsonb, (to, value) =>
  to.putJsonb(value),
);

/** A column of times in milliseconds since 1970. */
export const timestamptz = column<number>(
  'unnest($::timestamptz[])',
  types.timestamptz,
  (to, value) => to.putTimestamp(value),
);

/** A column of bytes, given as hex digits. */
export const hexBytes = column<string>('unnest($::bytea[])', types.bytea, (to, value) =>
  to.putHex(value),
);

/** A column of lists of numbers. PostgreSQL has no arrays of arrays of different lengths. */
export const bigintList = column<readonly number[]>(
  'unnest($::text[])::int8[]',
  types.text,
  (to, value) => to.putText(value.length === 0 ? '{}' : `{${value.join(',')}}`),
);

/** A column of lists of texts. */
export const textList = column<readonly string[]>(
  'unnest($::text[])::text[]',
  types.text,
  (to, value) => to.putText(value.length === 0 ? '{}' : `{${value.map(quoted).join(',')}}`),
);

const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;

/** Returns the pieces of `insert into … (names) select rows`, with a `$` for each parameter. */
export const sqlOf = <Row>(columns: Columns<Row>): { names: string; rows: string } => ({
  names: Object.keys(columns).join(', '),
  rows: Object.entries(columns)
    .map(([name, { sql }]) => `${sql} as ${name}`)
    .join(', '),
});

/** Numbers the parameters of a statement whose text has a `$` for each. */
export function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll(/\$(?=::)/g, () => {
    count += 1;
    return `$${count}`;
  });
}

const START_BYTES = 64 * 1024;
/** A writer that grew larger is not reused. */
const KEPT_BYTES_MAX = 1024 * 1024;
/**
 * The most bytes of a statement, far more than a signal needs. Larger ones would take PostgreSQL longer than
 * limits.statementTimeoutMs, and at 1 GiB it closes the connection: both look like an outage.
 */
const BYTES_MAX = 128 * 1024 * 1024;
/** The epoch of PostgreSQL. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const TWO_TO_32 = 2 ** 32;

/** Writes columns into reused memory. Its buffers are valid until the writer is returned. */
export class ColumnWriter {
  static readonly #idle: ColumnWriter[] = [];

  #bytes = Buffer.allocUnsafeSlow(START_BYTES);
  #view = viewOf(this.#bytes);
  #at = 0;

  /**
   * Lends a writer.
   * @param use may use the writer's buffers until its promise settles.
   */
  static async lend<Result>(use: (writer: ColumnWriter) => Promise<Result>): Promise<Result> {
    const writer = ColumnWriter.#idle.pop() ?? new ColumnWriter();
    try {
      return await use(writer);
    } finally {
      writer.#at = 0;
      if (writer.#bytes.length <= KEPT_BYTES_MAX) ColumnWriter.#idle.push(writer);
    }
  }

  /**
   * Writes the parameters for rows, in the order of their columns. A column of nulls is null.
   * @throws RangeError if they are too large together: fewer rows may fit.
   */
  write<Row>(columns: Columns<Row>, rows: readonly Row[]): (Buffer | null)[] {
    return Object.values(columns).map((one) => this.#writeColumn(one, rows));
  }

  #writeColumn<Row>({ elementType, put }: Column<Row>, rows: readonly Row[]): Buffer | null {
    const start = this.#at;
    this.#putHead(elementType, rows.length);
    let nulls = 0;
    for (const row of rows) {
      if (put(row, this)) continue;
      this.#reserve(4);
      this.#putInt(-1);
      nulls += 1;
    }
    if (nulls === rows.length) {
      this.#at = start;
      return null;
    }
    // The has-nulls flag, after the number of dimensions.
    if (nulls > 0) this.#view.setInt32(start + 4, 1);
    return this.#bytes.subarray(start, this.#at);
  }

  /** Writes the header: one dimension, no nulls so far, the type, the length, and the index of the first. */
  #putHead(elementType: number, length: number): void {
    this.#reserve(20);
    for (const field of [1, 0, elementType, length, 1]) this.#putInt(field);
  }

  putInt8(value: number): void {
    this.#reserve(12);
    this.#putInt(8);
    const high = Math.floor(value / TWO_TO_32);
    this.#putInt(high);
    this.#putInt(value - high * TWO_TO_32);
  }

  putInt4(value: number): void {
    this.#reserve(8);
    this.#putInt(4);
    this.#putInt(value);
  }

  putBoolean(value: boolean): void {
    this.#reserve(5);
    this.#putInt(1);
    this.#bytes[this.#at] = value ? 1 : 0;
    this.#at += 1;
  }

  /** Writes a time as microseconds since 2000. */
  putTimestamp(ms: number): void {
    this.putInt8((ms - EPOCH_MS) * 1000);
  }

  putText(value: string): void {
    // A UTF-16 unit becomes at most three bytes.
    this.#reserve(4 + value.length * 3);
    const length = this.#bytes.write(value, this.#at + 4, 'utf8');
    this.#putInt(length);
    this.#at += length;
  }

  putJsonb(value: object): void {
    const json = JSON.stringify(value);
    this.#reserve(5 + json.length * 3);
    const length = this.#bytes.write(json, this.#at + 5, 'utf8');
    this.#putInt(length + 1);
    // The version of the jsonb format.
    this.#bytes[this.#at] = 1;
    this.#at += 1 + length;
  }

  putHex(value: string): void {
    const length = value.length / 2;
    this.#reserve(4 + length);
    this.#putInt(length);
    this.#at += this.#bytes.write(value, this.#at, 'hex');
  }

  #putInt(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#bytes.length) return;
    if (needed > BYTES_MAX) throw new RangeError(`${needed} bytes for one statement`);
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length);
