// Measures what the removal of old rows leaves of the rate of new conversations: `node bench/remove-old.ts [events]`.
// Rounds with and without an age alternate on one server, whose own job removes; old events and old conversations are
// brought in before each round.

import { setTimeout as pause } from 'node:timers/promises';
import { openPool } from '../src/database/pool.ts';
import { writeAges } from '../src/store/removal/retention.ts';
import { inTransaction } from '../src/store/sql/transaction.ts';
import { startTestParley } from '../test/support/server.ts';
import { until } from '../test/support/until.ts';

const events = Number(process.argv[2] ?? 100_000);
const rounds = 5;
const roundMs = 5_000;
const connections = 64;
const day = 86_400_000;

const { notify, database } = await startTestParley({ PARLEY_LOG_LEVEL: 'error' });
const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
// Below the ids that the server gives.
let conversation = 0;

/** Brings in old closed conversations with five events, three parts and two traces each. */
async function bringOldRows(): Promise<void> {
  const first = conversation;
  conversation += events / 5;
  const [row] = await database.sql<{ workspace: number; channel: number }>(
    'select workspace_id as workspace, min(id) as channel from channels group by 1 limit 1',
  );
  const place = [row!.workspace, row!.channel, first, events / 5];
  const old = "now() - interval '100 days'";
  await database.sql(
    `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, created_at, updated_at,
       created_by_signal, event_count, signal_count)
     select $1, $3 + n, $2, 'old ' || ($3 + n), 'of nobody', 'closed', ${old}, ${old}, 1, 5, 2
     from generate_series(1, $4::int) as n`,
    place,
  );
  await database.sql(
    `insert into outbound_events (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
     select $1, $3 + n, s, $2, 'new_message', repeat('x', 400), ($3 + n) * 5 + s, ${old}
     from generate_series(1, $4::int) as n, generate_series(1, 5) as s`,
    place,
  );
  await database.sql(
    `insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, body, author_type,
       author_id, state, created_at, created_by_signal)
     select $1, $3 + n, s, ($3 + n) * 3 + s, 'comment', repeat('y', 200), 'user', 'of nobody', 'open', ${old}, $2
     from generate_series(1, $4::int) as n, generate_series(1, 3) as s`,
    place,
  );
  await database.sql(
    `insert into conversation_signals (workspace_id, conversation_id, ordinal, signal_number, kind, content, trace,
       received_at)
     select $1, $3 + n, s, $2, 'timer', '{}', '[]', ${old}
     from generate_series(1, $4::int) as n, generate_series(1, 2) as s`,
    place,
  );
  for (const table of ['conversations', 'outbound_events', 'conversation_parts']) {
    await database.sql(`vacuum analyze ${table}`);
  }
}

const oldEvents = async (): Promise<number> => {
  const [row] = await database.sql<{ count: number }>(
    "select count(*) as count from outbound_events where created_at < now() - interval '50 days'",
  );
  return Number(row!.count);
};

/** Sets whether the server removes; waits until it does, or no longer does. */
async function remove(isOn: boolean): Promise<void> {
  const ages = isOn ? { conversations: 60 * day, events: 90 * day, traces: 80 * day } : {};
  await inTransaction(pool, 'begin', (connection) => writeAges(connection, 1, ages));
  const dueAt = isOn ? 'now()' : "now() + interval '1 hour'";
  await database.sql(`update conversation_removals set due_at = ${dueAt}`);
  if (!isOn) return pause(1_000);
  await until(
    'the server begins',
    async () => (await database.sql('select from retention where lease is not null')).length === 1,
  );
}

async function measure(): Promise<number> {
  const endsAt = performance.now() + roundMs;
  let done = 0;
  const sender = async () => {
    while (performance.now() < endsAt) {
      if ((await notify('new_conversation')).status === 200) done += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  return done / (roundMs / 1000);
}

const ratios: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  await bringOldRows();
  // What was brought in is still being written to the disk.
  await measure();
  const rates = { alone: 0, beside: 0 };
  let removed = 0;
  // Whatever gets faster or slower meanwhile meets both.
  for (const side of ['alone', 'beside', 'beside', 'alone'] as const) {
    await remove(side === 'beside');
    const before = await oldEvents();
    rates[side] += (await measure()) / 2;
    if (side === 'beside') removed += before - (await oldEvents());
  }
  ratios.push(rates.beside / rates.alone);
  process.stdout.write(
    `${rates.alone.toFixed(0)}/s alone, ${rates.beside.toFixed(0)}/s beside the removal of ` +
      `${(removed / ((2 * roundMs) / 1000)).toFixed(0)} events/s: ${ratios.at(-1)!.toFixed(2)}\n`,
  );
}
process.stdout.write(`median ${ratios.toSorted((a, b) => a - b)[rounds >> 1]!.toFixed(2)}\n`);
process.exit(0);
