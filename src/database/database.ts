// Where the database is: the embedded PostgreSQL, or the external one of PARLEY_DATABASE_URL. Prepares it and hands out
// the pools. Knows no table.

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
  /** `serve` keeps the embedded PostgreSQL running; `command` uses it for a moment. */
  readonly purpose: 'serve' | 'command';
  /** For example `parley token create`: what others are told about who uses the data folder. */
  readonly processName: string;
  /** Whether what is not there is made; otherwise NothingThere is thrown, and nothing was made. */
  readonly mayCreate: boolean;
  /** Whether a data folder that a restore has marked is taken. */
  readonly isRestore?: boolean;
  readonly log: Log;
};

export type Database = {
  readonly facts: ServerFacts;
  readonly isEmbedded: boolean;
  openPool(purpose: PoolPurpose, max: number): Pool;
  /** Closes the pools, then lets go of the embedded PostgreSQL. */
  release(): Promise<void>;
};

/**
 * Connects, and starts the embedded PostgreSQL if that is what the settings say.
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

/** Start options in the URL would replace ours, which row-level security rests on; everything else is kept. */
function withoutOptions(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete('options');
  url.searchParams.delete('application_name');
  return url.toString();
}

/** The database of a URL in words that give no password away. */
function nameOf(databaseUrl: string): string {
  const { hostname, searchParams, pathname } = new URL(databaseUrl);
  const host = decodeURIComponent(hostname) || searchParams.get('host');
  const name = decodeURIComponent(pathname.slice(1)) || searchParams.get('dbname') || 'default';
  return `the database "${name}" of PARLEY_DATABASE_URL${host ? ` (${host})` : ''}`;
}

type Place = {
  readonly isEmbedded: boolean;
  readonly mayCreate: boolean;
  /** In words. */
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
        // A promise of ours rests on it; stricter settings of the server's own are left alone.
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

/** Lets running queries finish, for a moment; a database that hangs must not keep us. */
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
