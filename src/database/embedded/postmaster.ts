// Finds the running server of a cluster by its postmaster.pid, checks that the process really serves this cluster, and
// stops it. Never starts one.
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { errorCode } from './embedded-error.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import type { RunAs } from './run-as.ts';
import { runProgram } from './run-program.ts';

export type Postmaster = {
  pid: number;
  port: number | undefined;
  status: 'starting' | 'ready' | 'stopping';
};

const immediateShutdownLimitMs = 8_000;
const pollMs = 10;

/** Finds the live server of this cluster; undefined for none, or for a stale or reused pid. */
export async function findPostmaster(
  clusterDir: string,
  runAs: RunAs,
): Promise<Postmaster | undefined> {
  const lines = await readLockFile(clusterDir);
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
  if (!(pid > 0) || !(await isPostmasterOf(pid, clusterDir, runAs))) return undefined;
  const port = Number.parseInt(lines[3] ?? '', 10);
  const word = (lines[7] ?? '').trim();
  const status = word === 'ready' || word === 'stopping' ? word : 'starting';
  return { pid, port: Number.isNaN(port) ? undefined : port, status };
}

/** Reads the pid in the lock file while that process lives, without further checks; for reports. */
export function readLivePid(clusterDir: string): number | undefined {
  try {
    const text = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8');
    const pid = Number.parseInt(text, 10);
    return pid > 0 && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the pid that a crashed server left in a lock file; it may belong to another program by now. */
export async function readStalePid(clusterDir: string): Promise<number | undefined> {
  for (const name of lockFileNames) {
    const lines = await readLockFile(clusterDir, name);
    const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10));
    if (pid > 0) return pid;
  }
  return undefined;
}

/** Removes lock files without a pid, left by a power loss: PostgreSQL does not start with them. */
export async function removeBrokenLockFiles(clusterDir: string): Promise<void> {
  const isBroken = async (name: string): Promise<boolean> =>
    existsSync(join(clusterDir, name)) && !(await hasPid(clusterDir, name));
  for (const name of lockFileNames) {
    if (!(await isBroken(name))) continue;
    await pause(500); // A starting server writes its pid within this time.
    if (await isBroken(name)) await rm(join(clusterDir, name), { force: true });
  }
}

/** Stops the server: fast shutdown, then immediate, which requires a recovery at the next start. */
export async function stopPostmaster(options: {
  pid: number;
  clusterDir: string;
  runAs: RunAs;
  binaries: Binaries;
  log: EmbeddedLog;
  fastShutdownLimitMs?: number;
}): Promise<boolean> {
  const { pid, clusterDir, log, fastShutdownLimitMs = 8_000 } = options;
  const isGone = async (): Promise<boolean> =>
    !isAlive(pid) || !(await isPostmasterOf(pid, clusterDir, options.runAs));
  await signal(options, 'SIGINT');
  if (await waitFor(isGone, fastShutdownLimitMs)) return true;
  log('warn', { pid, clusterDir }, 'PostgreSQL does not stop, ending it with SIGQUIT.');
  await signal(options, 'SIGQUIT');
  if (await waitFor(isGone, immediateShutdownLimitMs)) return true;
  log('error', { pid, clusterDir }, `PostgreSQL (pid ${pid}) did not stop, end it by hand.`);
  return false;
}

const lockFileNames = ['postmaster.pid', '.s.PGSQL.5432.lock'];

async function readLockFile(clusterDir: string, name = 'postmaster.pid'): Promise<string[]> {
  try {
    return (await readFile(join(clusterDir, name), 'utf8')).split('\n');
  } catch {
    return [];
  }
}

async function hasPid(clusterDir: string, name: string): Promise<boolean> {
  const lines = await readLockFile(clusterDir, name);
  return Math.abs(Number.parseInt(lines[0] ?? '', 10)) > 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Whether a pid is this cluster's server, by its command line: after a reboot the pid may be another program's. */
async function isPostmasterOf(pid: number, clusterDir: string, runAs: RunAs): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') return hasClusterArgument(await readArguments(pid), clusterDir);
  if (process.platform === 'win32') {
    const args = ['/NH', '/FI', `PID eq ${pid}`];
    return (await runProgram('tasklist', args, { runAs })).output.includes('postgres');
  }
  const ps = await runProgram('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], { runAs });
  return ps.output.includes('postgres') && ps.output.includes(clusterDir);
}

async function readArguments(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch {
    return [];
  }
}

async function hasClusterArgument(args: string[], clusterDir: string): Promise<boolean> {
  if (basename(args[0] ?? '') !== 'postgres') return false;
  const given = args[args.indexOf('-D') + 1];
  if (given === clusterDir) return true;
  try {
    const [one, other] = await Promise.all([stat(given ?? ''), stat(clusterDir)]);
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

async function signal(
  options: { pid: number; clusterDir: string; runAs: RunAs; binaries: Binaries },
  name: 'SIGINT' | 'SIGQUIT',
): Promise<void> {
  const { pid, clusterDir, runAs, binaries } = options;
  if (process.platform === 'win32') {
    // Windows has no signals; pg_ctl talks to the server through a named pipe.
    const mode = name === 'SIGINT' ? 'fast' : 'immediate';
    await runProgram(binaries.pgCtl, ['kill', name.slice(3), String(pid)], { runAs });
    await runProgram(binaries.pgCtl, ['stop', '-D', clusterDir, '-m', mode, '-W'], { runAs });
    return;
  }
  if (!(await isPostmasterOf(pid, clusterDir, runAs))) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    // Without the right to signal other users (CAP_KILL), root runs `kill` as that user.
    if (errorCode(error) !== 'EPERM') return;
    await runProgram('/bin/sh', ['-c', `kill -${name.slice(3)} ${pid}`], { runAs });
  }
}

/** Polls until the condition holds; returns false when the time is up. */
export async function waitFor(
  condition: () => Promise<boolean>,
  limitMs: number,
): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endMs) return false;
    await pause(pollMs);
  }
  return true;
}
