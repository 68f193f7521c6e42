// Measures what `parley remove-old` leaves of the rate of new conversations: `node bench/remove-old.ts [events]`.
// Rounds with and without it alternate on one server; old events are brought in before each round.

import { openPool } from '../src/database/pool.ts';
import { removeOldEvents } from '../src/store/removal/old-rows.ts';
import { startTestParley } from '../test/support/server.ts';

const events = Number(process.argv[2] ?? 200_000);
const rounds = 5;
const roundMs = 6_000;
const connections = 64;
const pausesPerWork = 3;

const { notify, database } = await startTestParley({ PARLEY_LOG_LEVEL: 'error' });
const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
let conversation = 1_000_000_000;

async function bringOldEvents(): Promise<void> {
  conversation += events;
  await database.sql(
    `insert into outbound_events (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
     select w.id, $1::bigint + n / 5, n % 5 + 1, c.id, 'new_message', repeat('x', 400), $1::bigint - 2000000000 + n,
       now() - interval '100 days'
     from generate_series(0, $2::int - 1) as n, workspaces as w join channels as c on c.workspace_id = w.id
     where w.name = 'default'`,
    [conversation, events],
  );
  await database.sql('analyze outbound_events');
}

async function measure(withRemoval: boolean): Promise<{ rate: number; removed: number }> {
  const endsAt = performance.now() + roundMs;
  let done = 0;
  let removed = 0;
  const sender = async () => {
    while (performance.now() < endsAt) {
      if ((await notify('new_conversation')).status === 200) done += 1;
    }
  };
  const remover = async () => {
    let after: number | null = -3_000_000_000;
    while (performance.now() < endsAt && after !== null) {
      const began = performance.now();
      const age = { workspaceId: 1, beforeMs: Date.now() - 86_400_000 };
      const page = await removeOldEvents(pool, age, 1, after, 500);
      removed += page.removed;
      after = page.last;
      await new Promise((resolve) =>
        setTimeout(resolve, pausesPerWork * (performance.now() - began)),
      );
    }
  };
  await Promise.all([
    ...Array.from({ length: connections }, sender),
    ...(withRemoval ? [remover()] : []),
  ]);
  return { rate: done / (roundMs / 1000), removed };
}

await measure(false);
const ratios: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  await bringOldEvents();
  const alone = await measure(false);
  const beside = await measure(true);
  ratios.push(beside.rate / alone.rate);
  process.stdout.write(
    `${alone.rate.toFixed(0)}/s alone, ${beside.rate.toFixed(0)}/s beside the removal of ` +
      `${(beside.removed / (roundMs / 1000)).toFixed(0)} events/s: ${ratios.at(-1)!.toFixed(2)}\n`,
  );
}
process.stdout.write(`median ${ratios.toSorted((a, b) => a - b)[rounds >> 1]!.toFixed(2)}\n`);
process.exit(0);
