// A server's removals in a separate process, so that they can be killed. The environment names the database, and
// PARLEY_FAULT_POINT the place to die.

import { pino } from 'pino';
import { openPool } from '../database/pool.ts';
import { Removals } from './removals.ts';

const target = JSON.parse(process.env['JOBS_DATABASE']!) as object;
const pool = openPool(target, 'admin', { max: 1, onError: () => {} });
new Removals({ pool, log: pino({ level: 'silent' }), idlePauseMs: 50 }).start();

// Ends the process in case the test itself died.
setTimeout(() => process.exit(1), 30_000);
