// `npm run bench` runs all measurements and prints one table. Options: --quick (short rounds, fewer conversations),
// --check (exit code 1 if an aim is missed), --write (results file and README), --json (the whole report).
// `npm run bench -- read` measures lists and searches instead (read.ts).

import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { judge } from './aims.ts';
import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { benchReads } from './read.ts';
import { type Report, table, writeReport } from './report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    conversations: { type: 'string', default: '1000000' },
    parts: { type: 'string', default: '10' },
    requests: { type: 'string', default: '200' },
    events: { type: 'string', default: '500' },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

if (positionals[0] === 'read') {
  await benchReads(
    {
      conversations: Number(values.conversations),
      parts: Number(values.parts),
      requests: Number(values.requests),
      eventsPerSecond: Number(values.events),
    },
    tell,
  );
} else {
  await benchAll();
}

async function benchAll(): Promise<void> {
  const measured = await measure(values.quick ? quickPlan : fullPlan, tell);
  const report: Report = {
    date: new Date(systemClock()).toISOString(),
    command: `npm run bench${values.quick ? ' -- --quick' : ''}`,
    machine: describeMachine(),
    judged: judge(measured),
    measured,
  };
  process.stdout.write(
    values.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${table(report.judged)}\n`,
  );
  if (values.write) process.stderr.write(`bench/results/${writeReport(report)} is written\n`);
  if (values.check && report.judged.some(({ holds }) => !holds)) process.exitCode = 1;
}
