// Opens the database for a command: that of a server running on the same data folder, or an embedded PostgreSQL that is
// started and stopped again. Turns failures into sentences.

import { constants } from 'node:os';
import { type LogLevel, logLevels, openLog } from '../../base/log.ts';
import type { Config } from '../../config.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { NothingThere } from '../../database/nothing-there.ts';
import type { Pool } from '../../database/pool.ts';
import { readMigrationState, SchemaMismatch } from '../../store/schema/migrate.ts';
import { CommandFailed } from './command.ts';
import { settingsOrFail } from './settings.ts';
import { explainStartFailure } from './start-failure.ts';
import { waitForStopRequest } from './stop-request.ts';
import { writeError } from './terminal.ts';

const INTERRUPTED_TIMEOUT_MS = 8_000;

type OpenOptions = {
  /** Whether to create an absent database. */
  readonly mayCreate?: boolean;
  /** Whether to accept a data folder with an unfinished restore. */
  readonly isRestore?: boolean;
};

/**
 * Runs something with the database, whatever state its schema is in.
 * @param commandName shown to other processes as the user of the data folder: `token create`.
 * @throws CommandFailed when the database cannot be used, or Ctrl-C came first.
 */
export async function withDatabase<Answer>(
  commandName: string,
  use: (database: Database, config: Config) => Promise<Answer>,
  { mayCreate = false, isRestore = false }: OpenOptions = {},
): Promise<Answer> {
  const config = settingsOrFail();
  if (process.env.PARLEY_URL) {
    writeError(
      `parley: ${commandName} ignores PARLEY_URL: it works on the database of this machine`,
    );
  }
  // A signal must not leave the embedded PostgreSQL running: it is released first, in any case.
  const interrupted = waitForStopRequest().then((reason): never => {
    const signal = reason === 'launcher gone' ? 'SIGHUP' : reason;
    const exitCode = 128 + constants.signals[signal];
    // Waiting for another process (a lock, a connection) must not block longer.
    setTimeout(() => process.exit(exitCode), INTERRUPTED_TIMEOUT_MS).unref();
    throw new CommandFailed('interrupted', exitCode);
  });
  interrupted.catch(() => {});
  const database = await openDatabase({
    databaseUrl: config.databaseUrl,
    dataDir: config.dataDir,
    purpose: 'command',
    processName: `parley ${commandName}`,
    mayCreate,
    isRestore,
    log: openLog(quietLevel(config.logLevel)),
  }).catch((error) => {
    if (error instanceof NothingThere) throw new CommandFailed(error.message, 2, error);
    throw new CommandFailed(explainStartFailure(error, config));
  });
  try {
    await Promise.race([interrupted, Promise.resolve()]);
    return await Promise.race([interrupted, use(database, config)]);
  } catch (error) {
    throw isExpected(error) ? new CommandFailed(explainStartFailure(error, config)) : error;
  } finally {
    await database.release();
  }
}

/**
 * Runs something with a database at the current schema. Rejects an unused one, because the settings may differ from the
 * server's, and one of an older Parley, because its servers may still run.
 */
export function withStore<Answer>(
  commandName: string,
  use: (pool: Pool, database: Database) => Promise<Answer>,
): Promise<Answer> {
  return withDatabase(commandName, async (database, config) => {
    const pool = database.openPool('admin', 1);
    const { appliedCount, missing } = await readMigrationState(pool);
    if (appliedCount === 0) throw neverUsed(config);
    if (missing.length > 0) {
      throw new CommandFailed(
        `the database is at schema ${appliedCount}, but this Parley needs ${appliedCount + missing.length}: ` +
          'run `parley migrate`, or start `parley serve` of this version.',
      );
    }
    return use(pool, database);
  });
}

/** The error for a database without tables. */
function neverUsed({ databaseUrl, dataDir }: Config): CommandFailed {
  const where = databaseUrl === undefined ? `the data folder ${dataDir}` : 'PARLEY_DATABASE_URL';
  return new CommandFailed(new NothingThere(where, 'its first start was interrupted').message, 2);
}

/** Logs warnings, or less if the settings say so. */
const quietLevel = (wanted: LogLevel): LogLevel =>
  logLevels[Math.max(logLevels.indexOf(wanted), logLevels.indexOf('warn'))]!;

/** Errors of PostgreSQL and the operating system have a code; a bug of ours has none and keeps its stack. */
const isExpected = (error: unknown): boolean =>
  error instanceof SchemaMismatch ||
  (!(error instanceof CommandFailed) &&
    typeof (error as { code?: unknown } | null)?.code === 'string');
