// `npm run bench:soak`: a long run whose memory must not grow. Prints memory and rate every ten seconds; at the end
// compares the last quarter with the second (the first is a warm-up).

import { parseArgs } from 'node:util';
import { figureOf } from './aims.ts';
import { CONNECTIONS } from './measure.ts';
import { residentSet } from './resident-set.ts';
import { runLoad } from './run-load.ts';
import { type ParleySide, startParley } from './sides.ts';

type Sample = {
  readonly atSeconds: number;
  readonly perSecond: number;
  readonly residentMb: number;
  readonly heapMb: number;
};

const GROWTH_MAX = 1.1;
const RATE_MIN = 0.8;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: String(CONNECTIONS) },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 600)) throw new Error('--minutes must be a number up to 600');

const side = await startParley();
try {
  const samples: Sample[] = [];
  const shape = {
    connections: Number(values.connections),
    warmUpSeconds: 0,
    seconds: minutes * 60,
    progressEverySeconds: Math.min(10, (minutes * 60) / 12),
  };
  await runLoad(side, shape, async ({ atSeconds, perSecond }) => {
    samples.push({ atSeconds, perSecond, ...(await memoryOf(side)) });
    process.stdout.write(`${show(samples.at(-1)!)}\n`);
  });
  const faults = faultsOf(samples);
  process.stdout.write(`${faults.length === 0 ? 'No growth.' : faults.join('\n')}\n`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await side.stop();
}

async function memoryOf({ pid, url }: ParleySide): Promise<{ residentMb: number; heapMb: number }> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const heapBytes = /^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1];
  return { residentMb: residentSet(pid)?.nowMb ?? 0, heapMb: Number(heapBytes) / 2 ** 20 };
}

function show({ atSeconds, perSecond, residentMb, heapMb }: Sample): string {
  return [
    `${Math.round(atSeconds)} s`.padStart(8),
    `${Math.round(perSecond)}/s`.padStart(10),
    `resident ${residentMb.toFixed(0)} MB`.padStart(18),
    `heap ${heapMb.toFixed(0)} MB`.padStart(14),
  ].join('');
}

function faultsOf(samples: readonly Sample[]): readonly string[] {
  const quarter = Math.floor(samples.length / 4);
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  const ratio = (key: 'residentMb' | 'perSecond') =>
    figureOf(last.map((sample) => sample[key])).median /
    figureOf(second.map((sample) => sample[key])).median;
  const growth = ratio('residentMb');
  const rate = ratio('perSecond');
  process.stdout.write(
    `last quarter to second: resident ${growth.toFixed(2)}, rate ${rate.toFixed(2)}\n`,
  );
  return [
    ...(growth > GROWTH_MAX ? [`The resident set grew: more than ${GROWTH_MAX} times.`] : []),
    ...(rate < RATE_MIN ? [`The rate fell: below ${RATE_MIN} times.`] : []),
  ];
}
