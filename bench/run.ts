// `npm run bench` runs all measurements and prints one table. Options: --quick (short rounds, fewer conversations),
// --check (exit code 1 if an aim is missed), --write (results file and README), --json (the whole report).

import { parseArgs } from 'node:util';
import { systemClock } from '../src/base/clock.ts';
import { judge } from './aims.ts';
import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { fullPlan, quickPlan } from './plan.ts';
import { type Report, table, writeReport } from './report.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const measured = await measure(values.quick ? quickPlan : fullPlan, (text) => {
  process.stderr.write(`${text}\n`);
});
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
