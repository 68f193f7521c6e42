// The public interface of the embedded PostgreSQL: acquires it, connects to it, releases it. Runs no queries of the
// application.

import { setTimeout as pause } from 'node:timers/promises';
import {
  type ApplicationConnection,
  applicationConnection,
  prepareApplicationDatabase,
  tryApplicationLogin,
} from './application-database.ts';
import { resolveBinaries } from './binaries.ts';
import { locateCluster } from './cluster-location.ts';
import type { EmbeddedContext, Purpose } from './context.ts';
import { EmbeddedPostgresError, errorMessage } from './embedded-error.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { openEndpoint } from './endpoint.ts';
import { describeOtherWriters } from './folder-rights.ts';
import { removeUnfinishedClusters } from './initialize-cluster.ts';
import { tryLock } from './ownership.ts';
import { findPostmaster, readLivePid, stopPostmaster } from './postmaster.ts';
import { Supervision } from './supervision.ts';
import { type Taken, takeServer } from './take-server.ts';
import { defaultSystemFolders } from './trusted-folder.ts';

export { openDataFolder, whyNoCluster } from './cluster-location.ts';
export { describeEmbedded, type EmbeddedReport } from './describe.ts';
export { DataFolderInUse, EmbeddedPostgresError } from './embedded-error.ts';
export type { EmbeddedLog } from './embedded-log.ts';
export { describeOtherWriters } from './folder-rights.ts';

export type EmbeddedOptions = {
  /** The absolute path of the data folder (PARLEY_DATA_DIR); created if missing. */
  dataDir: string;
  purpose: Purpose;
  /** The name of this process in messages to others: 'parley serve', 'parley token create'. */
  processName: string;
  /** Whether a missing role and database are created; true by default. */
  mayCreate?: boolean;
  log: EmbeddedLog;
  /** Settings of PostgreSQL that override the defaults; tests pass `{ fsync: 'off' }`. */
  extraSettings?: Record<string, string>;
  /** How long to wait for a command that holds the folder, and for a server to respond. */
  waitTimeoutMs?: number;
  applicationRoleMayCreateDatabases?: boolean;
  /** The folders for programs and data that PostgreSQL's user cannot reach elsewhere. */
  systemFolders?: readonly string[];
};

export type EmbeddedPostgres = {
  /** Options for `pg`, valid until release(), even across restarts of PostgreSQL. */
  readonly connection: ApplicationConnection;
  /** Whether this process owns the server and will stop it; a guest will not. */
  readonly isOwner: boolean;
  readonly clusterDir: string;
  postmasterPid(): number | undefined;
  /** Releases the server; the owner stops PostgreSQL. Never throws; further calls wait for the first. */
  release(): Promise<void>;
};

/** Makes sure that PostgreSQL runs for this data folder, and returns how to connect to it. */
export async function acquireEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const context = await openContext(options);
  try {
    const endMs = performance.now() + context.waitTimeoutMs;
    for (;;) {
      const taken = await takeServer(context);
      if (taken.kind === 'owner') return await settle(context, taken, options);
      const connection = applicationConnection(context, taken.credentials);
      const login = await tryApplicationLogin(connection);
      if (login.ok) return guestOf(context, connection);
      // The owner of the server may be about to create the role, or about to stop.
      if (performance.now() > endMs) throw cannotLogIn(context, login.reason);
      await pause(50);
    }
  } catch (error) {
    context.endpoint.close();
    throw error;
  }
}

async function openContext(options: EmbeddedOptions): Promise<EmbeddedContext> {
  const { log, dataDir } = options;
  const systemFolders = options.systemFolders ?? defaultSystemFolders;
  const location = await locateCluster({ dataDir, systemFolders, log });
  const otherWriters =
    options.purpose === 'serve' ? await describeOtherWriters(location.dataDir) : null;
  if (otherWriters !== null) log('warn', { dataDir: location.dataDir }, otherWriters);
  const binaries = await resolveBinaries({ runAs: location.runAs, systemFolders, log });
  return {
    location,
    binaries,
    endpoint: await openEndpoint(location.clusterDir),
    purpose: options.purpose,
    // PostgreSQL keeps 63 bytes of a name.
    ownName: `${options.processName.slice(0, 40)} (pid ${process.pid})`,
    extraSettings: options.extraSettings ?? {},
    waitTimeoutMs: options.waitTimeoutMs ?? 15_000,
    log,
  };
}

async function settle(
  context: EmbeddedContext,
  taken: Taken & { kind: 'owner' },
  options: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const { credentials } = taken;
  const supervision = new Supervision(context, taken.lock);
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => {
    released ??= releaseOwned(context, supervision, credentials);
    return released;
  };
  const connection = applicationConnection(context, credentials);
  try {
    await removeUnfinishedClusters(context.location);
    await prepareApplicationDatabase(context, credentials, {
      mayCreateDatabases: options.applicationRoleMayCreateDatabases ?? false,
      mustExist: options.mayCreate === false,
    });
    const login = await tryApplicationLogin(connection);
    if (!login.ok) throw cannotLogIn(context, login.reason);
  } catch (error) {
    await release();
    throw error;
  }
  return {
    connection,
    get isOwner() {
      return supervision.lock !== undefined;
    },
    clusterDir: context.location.clusterDir,
    postmasterPid: () => readLivePid(context.location.clusterDir),
    release,
  };
}

function guestOf(context: EmbeddedContext, connection: ApplicationConnection): EmbeddedPostgres {
  return {
    connection,
    isOwner: false,
    clusterDir: context.location.clusterDir,
    postmasterPid: () => readLivePid(context.location.clusterDir),
    release: async () => context.endpoint.close(),
  };
}

async function releaseOwned(
  context: EmbeddedContext,
  supervision: Supervision,
  credentials: Parameters<typeof tryLock>[1],
): Promise<void> {
  const { location, binaries, log, endpoint } = context;
  const { clusterDir, runAs } = location;
  try {
    await supervision.stop();
    let lock = supervision.lock;
    if (lock === undefined) {
      // The lock was lost in a crash. Stop the running server only if no other process owns it.
      const attempt = await tryLock(context, credentials);
      if (attempt.kind === 'owner') lock = attempt.lock;
    }
    const running = await findPostmaster(clusterDir, runAs);
    if (lock !== undefined && running !== undefined) {
      const startMs = performance.now();
      const stopped = await stopPostmaster({ pid: running.pid, clusterDir, runAs, binaries, log });
      const durationMs = Math.round(performance.now() - startMs);
      if (stopped) log('info', { pid: running.pid, durationMs }, 'PostgreSQL has stopped.');
    }
    await lock?.close();
  } catch (error) {
    log('error', { clusterDir, reason: errorMessage(error) }, 'PostgreSQL could not be stopped.');
  } finally {
    endpoint.close();
  }
}

function cannotLogIn(context: EmbeddedContext, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL runs in ${context.location.clusterDir}, but its role "parley" cannot connect ` +
      `(${reason}): see ${context.location.logFile}.`,
  );
}
