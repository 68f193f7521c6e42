// Opens the database, the embedded PostgreSQL or the external one of PARLEY_DATABASE_URL: prepares it and creates the
// pools. Knows no table.

import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { acquireEmbedded, whyNoCluster } from './embedded/embedded.ts';
import { NothingThere } from './nothing-there.ts';
import {
  breakConnections,
  type ConnectionTarget,
  openPool,
  type Pool,
  type PoolPurpose,
} from './pool.ts';
import { assertNoRestoreMark } from './restore-mark.ts';
import { prepareServer, type ServerFacts } from './role.ts';

export type DatabaseOptions = {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  /** The purpose: `serve` keeps the embedded PostgreSQL running; `command` uses it briefly. */
  readonly purpose: 'serve' | 'command';
  /** The name of this process in messages to others, for example `parley token create`. */
  readonly processName: string;
  /** Whether a missing database is created; if not, NothingThere is thrown and nothing is created. */
  readonly mayCreate: boolean;
  /** Whether a data folder with the mark of a restore is accepted. */
  readonly isRestore?: boolean;
  readonly log: Log;
};

export type Database = {
  readonly facts: ServerFacts;
  readonly isEmbedded: boolean;
  openPool(purpose: PoolPurpose, max: number): Pool;
  /** Closes the pools, then releases the embedded PostgreSQL. */
  release(): Promise<void>;
};

/**
 * Connects, and starts the embedded PostgreSQL if the settings ask for it.
 * @throws NothingThere, RestoreUnfinished, DatabaseNotUsable, EmbeddedPostgresError, or the connection's own error.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { databaseUrl, mayCreate, log } = options;
  if (databaseUrl !== undefined) {
    const target = { connectionString: withoutOptions(databaseUrl) };
    const place = { isEmbedded: false, mayCreate, name: nameOf(databaseUrl) };
    return connect(target, place, log, async () => {});
  }
  const name = `the data folder ${options.dataDir}`;
  if (options.isRestore !== true) await assertNoRestoreMark(options.dataDir);
  const absence = mayCreate ? null : await whyNoCluster(options.dataDir);
  if (absence !== null) throw new NothingThere(name, absence);
  const embedded = await acquireEmbedded({
    dataDir: options.dataDir,
    purpose: options.purpose,
    processName: options.processName,
    mayCreate,
    log: (level, fields, message) => log[level](fields, message),
  });
  try {
    const place = { isEmbedded: true, mayCreate, name };
    return await connect(embedded.connection, place, log, () => embedded.release());
  } catch (error) {
    await embedded.release();
    throw error;
  }
}

/** Removes startup options from the URL: they would replace those that row-level security depends on. */
function withoutOptions(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete('options');
  url.searchParams.delete('application_name');
  return url.toString();
}

/** Describes the database of a URL without its password. */
function nameOf(databaseUrl: string): string {
  const { hostname, searchParams, pathname } = new URL(databaseUrl);
  const host = decodeURIComponent(hostname) || searchParams.get('host');
  const name = decodeURIComponent(pathname.slice(1)) || searchParams.get('dbname') || 'default';
  return `the database "${name}" of PARLEY_DATABASE_URL${host ? ` (${host})` : ''}`;
}

type Place = {
  readonly isEmbedded: boolean;
  readonly mayCreate: boolean;
  /** A description of the database. */
  readonly name: string;
};

async function connect(
  target: ConnectionTarget,
  { isEmbedded, mayCreate, name }: Place,
  log: Log,
  letGo: () => Promise<void>,
): Promise<Database> {
  const facts = await prepareServer(target, mayCreate ? null : name);
  const pools: Pool[] = [];
  return {
    facts,
    isEmbedded,
    openPool(purpose, max) {
      const pool = openPool(target, purpose, {
        max,
        role: facts.role,
        // Parley's guarantees depend on it; stricter settings of the server are kept.
        mustCommitDurably: facts.durability.synchronousCommit === 'off',
        onError: (error) => log.debug({ err: error, purpose }, 'database.connection_lost'),
      });
      pools.push(pool);
      return pool;
    },
    async release() {
      await closePools(pools);
      await letGo();
    },
  };
}

/** Closes the pools after a short time for running queries; a hanging database must not block. */
async function closePools(pools: readonly Pool[]): Promise<void> {
  const done = new AbortController();
  const ended = Promise.allSettled(pools.map((pool) => pool.end()));
  const late = pause(limits.poolCloseTimeoutMs, true, { signal: done.signal }).catch(() => false);
  if ((await Promise.race([ended, late])) === true) {
    for (const pool of pools) breakConnections(pool);
    await ended;
  }
  done.abort();
}
