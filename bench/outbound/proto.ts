import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nextLine, startChild } from '../child.ts';
import { startParley } from '../sides.ts';
import { backlogOf } from './backlog.ts';
import { queueInParley } from './parley-queue.ts';
import { openGraphileQueue } from './graphile-queue.ts';
const receiver = startChild(['bench/receiver.ts'], {});
const { url } = await nextLine<{ url: string }>(receiver);
const parley = await startParley({ PARLEY_CONFIG: fileURLToPath(new URL('../setup/greets-and-calls.yaml', import.meta.url)), BENCH_CALLBACK_URL: `${url}/events/parley` });
const shape = { conversations: 2000, eventsEach: 10 };
const report = async (s: string) => (await fetch(`${url}/events/${s}`)).json() as any;
const mode = process.argv[2];
try {
  if (mode === 'parley') for (let i = 0; i < 4; i += 1) {
    await fetch(`${url}/events/parley`, { method: 'DELETE' });
    await queueInParley(parley.database, backlogOf(shape, Date.now()));
    for (let j = 0; j < 300; j += 1) { await pause(100); if ((await report('parley')).count >= 20000) break; }
    console.log(await report('parley'));
  }
  if (mode === 'greet') {
    for (let i = 0; i < 3; i += 1) console.log(await (await fetch(`${url}/greetings`, { method: 'POST', body: JSON.stringify({ url: parley.url, token: parley.token, conversations: 300 }) })).json());
  }
  if (mode === 'graphile') {
    const queue = await openGraphileQueue(await parley.database.connectionTo('graphile'));
    for (const [c, p, s, b, poll = 2000] of JSON.parse(process.argv[3]!)) {
      const child = startChild(['bench/graphile.ts', JSON.stringify({ connection: queue.connection, secret: 'whsec_' + Buffer.alloc(32, 1).toString('base64'), settings: { concurrentJobs: c, connections: p, localQueueSize: s, completeJobBatchDelayMs: b, pollMs: poll } })], {});
      await nextLine(child);
      const name = `g-${c}-${p}-${s}-${b}-${poll}`;
      await queue.fill(backlogOf(shape, Date.now()), `${url}/events/${name}`);
      for (let j = 0; j < 80; j += 1) { await pause(100); if ((await report(name)).count >= 20000) break; }
      console.log(name, await report(name));
      await queue.empty();
      await child.stop();
    }
    await queue.close();
  }
} finally { await parley.stop(); await receiver.stop(); }
