// Starts the PostgreSQL process of an existing cluster: in its own session, with its output in the log file, so that it
// outlives Parley and no Ctrl-C reaches it. Callers decide whether it should run.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { readClusterVersion } from './cluster-location.ts';
import type { EmbeddedContext } from './context.ts';
import { diskFull, EmbeddedPostgresError, folderError } from './embedded-error.ts';
import { findPostmaster, readStalePid, removeBrokenLockFiles } from './postmaster.ts';
import { identityOf } from './run-as.ts';
import { cleanEnvironment } from './run-program.ts';
import { serverArguments } from './server-settings.ts';

const logLimitBytes = 10 * 1024 * 1024;
const pollMs = 5;
const stillStartingLogMs = 10_000;

type Exit = { code: number | null; signal: NodeJS.Signals | null; error?: Error };

/**
 * Starts PostgreSQL and waits until it accepts connections; 'already_running' if another process runs it. A recovery
 * may take minutes, so there is no time limit but the signal, which ends the started process.
 */
export async function startServer(
  context: EmbeddedContext,
  signal?: AbortSignal,
): Promise<'ready' | 'already_running' | 'aborted'> {
  const { location, binaries, endpoint, log } = context;
  const startMs = performance.now();
  await removeBrokenLockFiles(location.clusterDir);
  const stalePid = await readStalePid(location.clusterDir);
  const { args } = serverArguments({
    postgres: binaries.postgres,
    clusterDir: location.clusterDir,
    port: endpoint.port,
    extraSettings: context.extraSettings,
  });
  const output = openLog(location.logFile);
  let exit: Exit | undefined;
  let child: ChildProcess;
  try {
    child = spawn(binaries.postgres, args, {
      ...identityOf(location.runAs),
      cwd: '/',
      detached: true,
      // The pid in a stale lock file may belong to another program by now. That was checked, and this variable tells
      // PostgreSQL to ignore exactly that pid: it then replaces the file safely.
      env: cleanEnvironment(stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
      stdio: ['ignore', output.fd, output.fd],
      windowsHide: true,
    });
    child.on('error', (error) => {
      exit ??= { code: null, signal: null, error };
    });
    child.on('exit', (code, signal) => {
      exit ??= { code, signal };
    });
    child.unref();
  } finally {
    closeSync(output.fd);
  }
  let logAtMs = startMs + stillStartingLogMs;
  while (exit === undefined) {
    if (signal?.aborted) {
      child.kill('SIGINT');
      return 'aborted';
    }
    const found = await findPostmaster(location.clusterDir, location.runAs);
    if (found?.status === 'ready') {
      const durationMs = Math.round(performance.now() - startMs);
      log(
        'info',
        { pid: found.pid, durationMs, clusterDir: location.clusterDir },
        'PostgreSQL runs.',
      );
      return 'ready';
    }
    if (performance.now() > logAtMs) {
      logAtMs += stillStartingLogMs;
      log('info', { logFile: location.logFile }, 'PostgreSQL is still starting (recovery).');
    }
    await pause(pollMs);
  }
  return judgeExit(context, exit, output.offset);
}

/** Checks that the same major version of PostgreSQL wrote the cluster. */
export async function checkMajorVersion(context: EmbeddedContext): Promise<void> {
  const { clusterDir, dataDir } = context.location;
  const found = await readClusterVersion(clusterDir);
  const { major } = context.binaries;
  if (found === undefined || found === major) return;
  throw new EmbeddedPostgresError(
    'major_version_mismatch',
    `The cluster ${clusterDir} was written by PostgreSQL ${found}, this Parley brings PostgreSQL ` +
      `${major}, which cannot read it: dump it with the Parley that made it (pg_dump) and ` +
      `restore the dump into an empty data folder, or serve ${dataDir} with a PostgreSQL ` +
      `${found} of your own and set PARLEY_DATABASE_URL, or set PARLEY_DATA_DIR to another folder.`,
  );
}

function openLog(logFile: string): { fd: number; offset: number } {
  try {
    const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    if (size > logLimitBytes) renameSync(logFile, `${logFile}.1`);
    const fd = openSync(logFile, 'a', 0o600);
    return { fd, offset: fstatSync(fd).size };
  } catch (error) {
    throw folderError(logFile, error);
  }
}

async function judgeExit(
  context: EmbeddedContext,
  exit: Exit,
  offset: number,
): Promise<'already_running'> {
  const { clusterDir, runAs, logFile } = context.location;
  const said = readFrom(logFile, offset);
  const isOccupied =
    /lock file ".*" already exists|lock file ".*" is empty|pre-existing shared memory block/;
  if (isOccupied.test(said)) return 'already_running';
  if ((await findPostmaster(clusterDir, runAs)) !== undefined) return 'already_running';
  if (/No space left on device/.test(said)) throw diskFull(clusterDir, said);
  const how = exit.error?.message ?? (exit.signal ? `signal ${exit.signal}` : `code ${exit.code}`);
  throw new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL did not start in ${clusterDir} (${how}), see the end of ${logFile}:\n` +
      said.trim().split('\n').slice(-12).join('\n'),
    { cause: exit.error },
  );
}

function readFrom(file: string, offset: number): string {
  try {
    return readFileSync(file).subarray(offset).toString('utf8');
  } catch {
    return '';
  }
}
