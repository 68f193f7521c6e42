// Connections to PostgreSQL: small pools that differ in the rows that row-level security shows them. Knows no table.
//
//   engine   sees every workspace; writes. For the engine, delivery and jobs.
//   delivery like engine, but plans each statement anew.
//   read     sees nothing until a transaction names its workspace (store/sql/row-level-security.ts).
//   command  like read, and may write the tables of commands in that workspace (store/sql/row-level-security.ts).
//   admin    sees every workspace: token lookups, startup, the command line.
//   copy     like admin, without time limits: backup and restore.

import type { Socket } from 'node:net';
import pg from 'pg';
import { limits } from '../base/limits.ts';

export type ConnectionTarget = pg.ClientConfig;
export type Pool = pg.Pool;
export type Connection = pg.PoolClient;

export type PoolPurpose = 'engine' | 'delivery' | 'read' | 'command' | 'admin' | 'copy';

/**
 * The engine's plans are made once, often while the tables are still empty, and must stay right when they are large. So
 * the planner may only scan indexes, in their own order, and never compiles.
 */
const enginePlanner = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_sort: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
};

/**
 * Reads answer requests: many small ones at once, so none of them takes more than one core; and their indexes are in
 * memory or on an SSD, where a page in the middle costs hardly more than the next one.
 */
const readPlanner = { max_parallel_workers_per_gather: '0', random_page_cost: '1.1' };

const settingsOf: Record<PoolPurpose, Record<string, string>> = {
  engine: { 'parley.scope': 'engine', ...enginePlanner },
  // Its statements join lanes to rows without an index. A plan made while there were few lanes scans them all, and
  // would do so until the next vacuum; planning costs little compared with a batch of lanes.
  delivery: {
    'parley.scope': 'engine',
    ...enginePlanner,
    plan_cache_mode: 'force_custom_plan',
  },
  // Set explicitly, in case the login role has a default of its own.
  read: { 'parley.scope': '', jit: 'off', ...readPlanner },
  command: { 'parley.scope': 'command', jit: 'off' },
  admin: { 'parley.scope': 'admin' },
  copy: {
    'parley.scope': 'admin',
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
  },
};

/**
 * Opens a pool; it connects when first used and again after an outage.
 * @param role the role to switch to if the login role has too many privileges (database/role.ts).
 * @param onError called when an idle connection breaks.
 */
export function openPool(
  target: ConnectionTarget,
  purpose: PoolPurpose,
  options: {
    max: number;
    role?: string | undefined;
    /** Whether to turn synchronous_commit on, for a server that has it off. */
    mustCommitDurably?: boolean;
    onError: (error: Error) => void;
  },
): Pool {
  const settings: Record<string, string> = {
    search_path: 'parley',
    datestyle: 'ISO',
    statement_timeout: String(limits.statementTimeoutMs),
    idle_in_transaction_session_timeout: String(limits.statementTimeoutMs),
    ...settingsOf[purpose],
    ...(options.mustCommitDurably ? { synchronous_commit: 'on' } : {}),
    ...(options.role === undefined ? {} : { role: options.role }),
  };
  const pool = new pg.Pool({
    ...target,
    max: options.max,
    options: asStartupOptions(settings),
    application_name: `parley ${purpose}`,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    ...(purpose === 'copy' ? {} : { query_timeout: limits.queryTimeoutMs }),
    idleTimeoutMillis: 0,
    keepAlive: true,
    types: numbersForBigints,
  });
  const connections = new Set<Connection>();
  pool.on('error', options.onError);
  // The pool listens only while a connection is idle. A connection in use that breaks between two queries would end the
  // process; its holder gets an error from the next query.
  pool.on('connect', (connection) => {
    connection.on('error', () => {});
    connections.add(connection);
  });
  pool.on('remove', (connection) => connections.delete(connection));
  connectionsOf.set(pool, connections);
  return pool;
}

const connectionsOf = new WeakMap<Pool, Set<Connection>>();

/** Closes the connections of a pool, even under a hanging query, whose caller gets an error. */
export function breakConnections(pool: Pool): void {
  for (const connection of connectionsOf.get(pool) ?? []) {
    (connection as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
  }
}

/** Writes settings in the form that PostgreSQL takes when a connection starts. */
export const asStartupOptions = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/([\\ ])/g, '\\$1')}`)
    .join(' ');

const INT8 = 20;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ = 1184;

/** Reads an array `{1,2}` without nulls. */
const readNumbers = (text: string): number[] =>
  text === '{}' ? [] : text.slice(1, -1).split(',').map(Number);

/** Parses 64-bit integers, which stay below 2^53, as exact numbers, and times as milliseconds. */
const numbersForBigints: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return Number;
    if (oid === INT8_ARRAY) return readNumbers;
    if (oid === TIMESTAMPTZ) return (text: string) => Date.parse(text);
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};
