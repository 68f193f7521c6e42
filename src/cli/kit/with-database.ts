// Gives a command the database, for as long as it takes: as a guest of a server that runs on the same data folder, or
// with an embedded PostgreSQL that is started and stopped again. Turns what goes wrong into sentences.

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

const INTERRUPTED_TIMEOUT_MS = 8_000;

type OpenOptions = {
  /** Whether a database that is not there is made. */
  readonly mayCreate?: boolean;
  /** Whether a data folder is taken that holds an unfinished restore. */
  readonly isRestore?: boolean;
};

/**
 * Runs something with the database, whatever state its schema is in.
 * @param commandName `token create`: what others are told about who uses the data folder.
 * @throws CommandFailed when the database cannot be used, or Ctrl-C came first.
 */
export async function withDatabase<Answer>(
  commandName: string,
  use: (database: Database, config: Config) => Promise<Answer>,
  { mayCreate = false, isRestore = false }: OpenOptions = {},
): Promise<Answer> {
  const config = settingsOrFail();
  // A signal must not leave the embedded PostgreSQL running: it is let go of first, in any case.
  const interrupted = waitForStopRequest().then((reason): never => {
    const signal = reason === 'launcher gone' ? 'SIGHUP' : reason;
    const exitCode = 128 + constants.signals[signal];
    // Something that waits for another process (a lock, a connection) does not hold us for longer.
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
 * Runs something with a database that is ready for use. One that was never used is refused, for the settings may point
 * elsewhere than those of the server; one that an older Parley made is left alone, for its servers may still run.
 */
export function withStore<Answer>(
  commandName: string,
  use: (pool: Pool) => Promise<Answer>,
): Promise<Answer> {
  return withDatabase(commandName, async (database, config) => {
    const pool = database.openPool('admin', 1);
    const { appliedCount, missing } = await readMigrationState(pool);
    if (appliedCount === 0) throw neverUsed(config);
    if (missing.length > 0) {
      throw new CommandFailed(
        `the database is at schema ${appliedCount}, this Parley needs ${appliedCount + missing.length}: ` +
          'run `parley migrate`, or start `parley serve` of this version.',
      );
    }
    return use(pool);
  });
}

/** Its tables were about to be made. */
function neverUsed({ databaseUrl, dataDir }: Config): CommandFailed {
  const where = databaseUrl === undefined ? `the data folder ${dataDir}` : 'PARLEY_DATABASE_URL';
  return new CommandFailed(new NothingThere(where, 'its first start was interrupted').message, 2);
}

/** Warnings, unless the settings want to hear even less. */
const quietLevel = (wanted: LogLevel): LogLevel =>
  logLevels[Math.max(logLevels.indexOf(wanted), logLevels.indexOf('warn'))]!;

/** PostgreSQL and the operating system say a code; a bug of ours has none and keeps its stack. */
const isExpected = (error: unknown): boolean =>
  error instanceof SchemaMismatch ||
  (!(error instanceof CommandFailed) &&
    typeof (error as { code?: unknown } | null)?.code === 'string');
