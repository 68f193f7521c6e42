// The embedded PostgreSQL of a data folder, seen from outside: its processes to be ended or frozen, its tables to be
// read. Never starts one.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { peekClusterDir } from '../../src/database/embedded/cluster-location.ts';
import { readCredentials } from '../../src/database/embedded/credentials.ts';
import { readLivePid } from '../../src/database/embedded/postmaster.ts';
import { afterAll } from '../support/after-all.ts';
import { until } from './until.ts';

/** An empty folder for Parley's data; at the end of the file what runs in it is ended and it is removed. */
export function makeDataFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'parley-crash-')));
  // The user that PostgreSQL runs as has to pass through.
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data');
  afterAll(async () => {
    const clusterDir = await peekClusterDir(dataDir);
    await new Cluster(clusterDir).endAll();
    // Where the temporary folder is private, the cluster had to be placed elsewhere.
    if (!clusterDir.startsWith(folder)) rmSync(dirname(clusterDir), { recursive: true });
    rmSync(folder, { recursive: true, force: true });
  });
  return dataDir;
}

export class Cluster {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  static async of(dataDir: string): Promise<Cluster> {
    return new Cluster(await peekClusterDir(dataDir));
  }

  get postmasterPid(): number | undefined {
    const pid = readLivePid(this.folder);
    return pid !== undefined && isRunning(pid) ? pid : undefined;
  }

  /** Ends every process at once, as when the power goes. */
  async endAll(): Promise<void> {
    const pids = this.freeze();
    for (const pid of pids) send(pid, 'SIGKILL');
    await until('PostgreSQL is gone', () => pids.every((pid) => !isRunning(pid)));
  }

  /** Sends a signal to the postmaster alone. */
  signalPostmaster(signal: NodeJS.Signals): void {
    const pid = this.postmasterPid;
    if (pid === undefined) throw new Error('PostgreSQL does not run');
    send(pid, signal);
  }

  /** Stops the clock of every process. @returns them, the postmaster first. */
  freeze(): readonly number[] {
    const pid = this.postmasterPid;
    if (pid === undefined) return [];
    // The postmaster first, so that no child is born while they are counted.
    send(pid, 'SIGSTOP');
    const children = childrenOf(pid);
    for (const child of children) send(child, 'SIGSTOP');
    return [pid, ...children];
  }

  /** Lets frozen processes go on. */
  thaw(pids: readonly number[]): void {
    for (const pid of pids) send(pid, 'SIGCONT');
  }

  /** Opens a connection that sees every row; as a superuser it gets in even when nobody else does. */
  async connect(as: 'parley' | 'postgres' = 'parley'): Promise<pg.Client> {
    const { applicationPassword, superuserPassword } = await readCredentials(this.folder);
    const client = new pg.Client({
      host: this.folder,
      port: 5432,
      user: as,
      password: as === 'parley' ? applicationPassword : superuserPassword,
      database: 'parley',
      options: '-c search_path=parley -c parley.scope=admin',
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** Runs one statement on a connection of its own. */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: unknown[] = [],
    as: 'parley' | 'postgres' = 'parley',
  ): Promise<Row[]> {
    const client = await this.connect(as);
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

function childrenOf(parent: number): number[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-Ao', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
    const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
    return pairs.filter(([, ppid]) => ppid === parent).map(([pid]) => pid!);
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => statOf(Number(pid))?.parent === parent).map(Number);
}

/** A process that has ended but whose parent has not noticed yet does not run. */
function isRunning(pid: number): boolean {
  if (process.platform === 'linux') return !['Z', 'X', undefined].includes(statOf(pid)?.state);
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may contain spaces and brackets.
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
