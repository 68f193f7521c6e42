// Compares ways to remove a month from a table that only grows: `node bench/old-rows.ts [rows]`. It starts an empty
// PostgreSQL of its own. The result is written down in docs/decisions/0022-old-rows.md.

import pg from 'pg';
import { openTestDatabase } from '../test/support/postgres.ts';

const rows = Number(process.argv[2] ?? 10_000_000);
const months = 12;
const chunk = 100_000;
const rounds = 5;
const statements = 400;
const groupRows = 64;
const lookups = 10_000;
const batchPages = 256;

const database = await openTestDatabase();
const client = new pg.Client({
  ...database.target,
  options: '-c statement_timeout=0 -c search_path=bench -c work_mem=64MB -c jit=off',
});
await client.connect();
const sql = async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows;
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const columns = `workspace_id bigint not null, conversation_id bigint not null, sequence integer not null,
  channel_id bigint not null, name text not null, body text not null, position bigint not null,
  created_at timestamptz not null`;
const start = "timestamptz '2026-01-01'";

type Variant = 'plain' | 'brin' | 'partitions';
const variants: readonly Variant[] = ['plain', 'brin', 'partitions'];

async function create(variant: Variant): Promise<void> {
  if (variant !== 'partitions') {
    await sql(
      `create table ${variant} (${columns}, primary key (workspace_id, conversation_id, sequence))`,
    );
  } else {
    // A unique key of a partitioned table has to contain what it is partitioned by.
    await sql(`create table partitions (${columns},
      primary key (workspace_id, conversation_id, sequence, created_at)) partition by range (created_at)`);
    for (let month = 0; month <= months; month += 1) {
      await sql(`create table part_${month} partition of partitions for values
        from ('${monthStart(month)}') to (${month === months ? 'maxvalue' : `'${monthStart(month + 1)}'`})`);
    }
  }
  await sql(`create index on ${variant} (workspace_id, channel_id, position)`);
  if (variant === 'brin')
    await sql('create index on brin using brin (created_at) with (autosummarize = on)');
}

const monthStart = (month: number): string =>
  new Date(Date.UTC(2026, month, 1)).toISOString().slice(0, 10);

/** The rows of a number: five events for each conversation, in the order of time. */
const rowOf = (
  n: string,
) => `1, (${n}) / 5, (${n})::int % 5 + 1, (${n}) % 3, 'new_message', repeat('x', 100), ${n},
  ${start} + (${n})::float8 / ${rows} * interval '365 days'`;

async function fill(variant: Variant): Promise<void> {
  for (let first = 0; first < rows; first += chunk) {
    await sql(
      `insert into ${variant} select ${rowOf('n')} from generate_series(${first}::bigint, ${first + chunk - 1}) as n`,
    );
  }
  await sql(`vacuum (analyze) ${variant}`);
}

let next = rows;

/** Inserts as the engine does: 64 rows with each prepared statement. @returns microseconds for each row. */
async function insertRows(variant: Variant): Promise<number> {
  await sql('checkpoint').catch(() => {});
  const time = await seconds(async () => {
    for (let count = 0; count < statements; count += 1) {
      next += groupRows;
      await client.query({
        name: `insert_${variant}`,
        text: `insert into ${variant} select ${rowOf('n')} from unnest($1::bigint[]) as n`,
        values: [Array.from({ length: groupRows }, (_, index) => next + index)],
      });
    }
  });
  return (time * 1e6) / (statements * groupRows);
}

/** Finds single events by their key. @returns microseconds for each. */
async function lookUp(variant: Variant): Promise<number> {
  const time = await seconds(() =>
    sql(`select count(*)
      from (select (random() * ${rows / 5 - 1})::bigint as c from generate_series(1, ${lookups})) as k
      cross join lateral (select body from ${variant} where workspace_id = 1 and conversation_id = k.c
        and sequence = 2 limit 1) as e`),
  );
  return (time * 1e6) / lookups;
}

const wal = async () =>
  Number((await sql(`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes`))[0].bytes);

/** Removes the first month. @returns seconds, the longest statement, and megabytes of log. */
async function removeMonth(variant: Variant) {
  const before = await wal();
  let longest = 0;
  const until = monthStart(1);
  const step = async (text: string): Promise<number> => {
    let count = 0;
    const time = await seconds(async () => {
      count = (await client.query(text)).rowCount ?? 0;
    });
    longest = Math.max(longest, time);
    return count;
  };
  const time = await seconds(async () => {
    if (variant === 'partitions') {
      await step('drop table part_0');
      return;
    }
    if (variant === 'plain') {
      // Without an index: from one range of pages to the next, until a range has no old row.
      for (let page = 0; ; page += batchPages) {
        const count =
          await step(`delete from plain where ctid >= '(${page},0)' and ctid < '(${page + batchPages},0)'
          and created_at < '${until}'`);
        if (count === 0) return;
      }
    }
    while (
      (await step(`delete from brin where ctid = any(array(
      select ctid from brin where created_at < '${until}' limit 10000))`)) > 0
    );
  });
  const megabytes = ((await wal()) - before) / 1e6;
  const vacuum = variant === 'partitions' ? 0 : await seconds(() => sql(`vacuum ${variant}`));
  return { time, longest, megabytes, vacuum };
}

await sql('create schema bench');
say(`${rows} rows, ${(await sql('show server_version'))[0].server_version}`);
for (const variant of variants) {
  await create(variant);
  say(`${variant}: filled in ${(await seconds(() => fill(variant))).toFixed(0)} s`);
}
for (const [name, measure] of [
  ['insert', insertRows],
  ['lookup', lookUp],
] as const) {
  const found = new Map<Variant, number[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of variants) found.get(variant)!.push(await measure(variant));
  }
  for (const [variant, values] of found) {
    say(
      `${name} ${variant}: ${median(values).toFixed(1)} µs (${values.map((one) => one.toFixed(1)).join(', ')})`,
    );
  }
}
for (const variant of variants) {
  const { time, longest, megabytes, vacuum } = await removeMonth(variant);
  say(
    `remove a month, ${variant}: ${time.toFixed(2)} s, longest statement ${(longest * 1000).toFixed(0)} ms, ` +
      `${megabytes.toFixed(0)} MB of WAL, then vacuum ${vacuum.toFixed(2)} s`,
  );
}
for (const variant of variants) await sql(`drop table ${variant}`);

// The app's event ids: found by their contact through Bloom filters.
const events = `workspace_id bigint not null, event_id text not null, content_hash bytea not null,
  conversation_id bigint not null, contact_id text not null, signal_number bigint not null,
  received_at timestamptz not null, primary key (workspace_id, event_id)`;
const eventOf = (
  n: string,
) => `1, md5((${n})::text), '\\x00', ${n}, lpad(to_hex((${n}) / 5 * 256), 24, '0'), ${n},
  ${start} + (${n})::float8 / ${rows} * interval '365 days'`;
for (const name of ['without', 'with_brin', 'with_btree']) {
  await sql(`create table ${name} (${events})`);
  if (name === 'with_brin') {
    await sql(`create index on with_brin using brin (contact_id text_bloom_ops, received_at)
      with (pages_per_range = 64, autosummarize = on)`);
  }
  if (name === 'with_btree') await sql('create index on with_btree (workspace_id, contact_id)');
  for (let first = 0; first < rows; first += chunk) {
    await sql(
      `insert into ${name} select ${eventOf('n')} from generate_series(${first}::bigint, ${first + chunk - 1}) as n`,
    );
  }
  await sql(`vacuum (analyze) ${name}`);
}
const eventTimes = new Map<string, number[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const name of ['without', 'with_brin', 'with_btree']) {
    const time = await seconds(async () => {
      for (let count = 0; count < statements; count += 1) {
        next += groupRows;
        await client.query({
          name: `event_${name}`,
          text: `insert into ${name} select ${eventOf('n')} from unnest($1::bigint[]) as n`,
          values: [Array.from({ length: groupRows }, (_, index) => next + index)],
        });
      }
    });
    eventTimes.set(name, [
      ...(eventTimes.get(name) ?? []),
      (time * 1e6) / (statements * groupRows),
    ]);
  }
}
for (const [name, values] of eventTimes) {
  say(
    `insert event ${name}: ${median(values).toFixed(1)} µs (${values.map((one) => one.toFixed(1)).join(', ')})`,
  );
}
for (const name of ['with_brin', 'with_btree']) {
  const contact = `lpad(to_hex(${Math.floor(rows / 10)}::bigint * 256), 24, '0')`;
  const time = await seconds(() =>
    sql(`select from ${name} where workspace_id = 1 and contact_id = ${contact}`),
  );
  const [{ size }] =
    await sql(`select pg_size_pretty(sum(pg_relation_size(indexrelid))) as size from pg_index
    where indrelid = '${name}'::regclass and not indisprimary`);
  say(`find a contact's events ${name}: ${(time * 1000).toFixed(1)} ms, index ${size}`);
}
await client.end();
process.exit(0);
