import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nextLine, startChild } from '../child.ts';
import { openBenchDatabase } from '../database.ts';
import { backlogOf } from './backlog.ts';
import { queueInParley } from './parley-queue.ts';
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
const folder = mkdtempSync('/tmp/parley-prof-'); chmodSync(folder, 0o711);
const receiver = startChild(['bench/receiver.ts'], {});
const { url } = await nextLine<{ url: string }>(receiver);
const parley = startChild([...(process.argv[2] === 'prof' ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof-out'] : []), 'src/cli/run.ts', 'serve', '--json'], { PARLEY_LAUNCHED: '1', PARLEY_TOKEN: 'parley_bench_token_0123456789', PARLEY_PORT: '0', PARLEY_RATE_LIMIT: '1000000000', PARLEY_DATA_DIR: folder + '/data', PARLEY_CONFIG: fileURLToPath(new URL('../setup/greets-and-calls.yaml', import.meta.url)), BENCH_CALLBACK_URL: `${url}/events/parley` });
await nextLine(parley);
const database = await openBenchDatabase(folder + '/data');
const each = Number(process.argv[3] ?? 10); const conv = Number(process.argv[4] ?? 2000);
const report = async (s: string) => (await fetch(`${url}/events/${s}`)).json() as any;
const cpu = () => { const t: Record<string, number> = { pg: 0, parley: 0, receiver: 0, all: 0 };
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) try { const s = readFileSync(`/proc/${pid}/stat`, 'utf8'); const f = s.slice(s.lastIndexOf(')') + 2).split(' '); const c = (Number(f[11]) + Number(f[12])) / 100; t.all! += c; if (pid === parley.pid) t.parley! += c; else if (pid === receiver.pid) t.receiver! += c; else if (s.includes('(postgres)')) t.pg! += c; } catch {} return t; };
try { for (let i = 0; i < Number(process.argv[5] ?? 5); i += 1) {
    await fetch(`${url}/events/parley`, { method: 'DELETE' });
    await queueInParley(database, backlogOf({ conversations: conv, eventsEach: each }, Date.now()));
    const a = cpu(); const t0 = performance.now();
    for (let j = 0; j < 900; j += 1) { await pause(50); if ((await report('parley')).count >= conv * each) break; }
    const b = cpu(); const s = (performance.now() - t0) / 1000;
    const r = await report('parley');
    console.log(Math.round(r.perSecond), 'ooo', r.outOfOrder, 'rep', r.repeats, 'secs', s.toFixed(1), Object.fromEntries(Object.entries(b).map(([k, v]) => [k, ((v - a[k]!) / conv / each * 1e6).toFixed(0) + 'us/ev'])));
} } finally { await database.close(); await parley.stop(); await receiver.stop(); rmSync(folder, { recursive: true }); }
