// A server's removals of personal data and of old rows in a separate process, so that they can be killed. The
// environment names the database, and PARLEY_FAULT_POINT the place to die.

import { pino } from 'pino';
import { openPool } from '../database/pool.ts';
import { RemovalPace } from './removal-pace.ts';
import { Removals } from './removals.ts';
import { Retention } from './retention.ts';

const target = JSON.parse(process.env['JOBS_DATABASE']!) as object;
const pool = openPool(target, 'admin', { max: 1, onError: () => {} });
const log = pino({ level: 'silent' });
const shared = { pool, log, pace: new RemovalPace(), idlePauseMs: 50 };
new Removals(shared).start();
new Retention({ ...shared, metrics: { countRemoved() {} } }).start();

// Ends the process in case the test itself died.
setTimeout(() => process.exit(1), 30_000);
