// Controls the embedded PostgreSQL of a data folder from outside: kills or freezes its processes and reads its tables,
// but never starts one.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { peekClusterDir } from '../../src/database/embedded/cluster-location.ts';
import { readCredentials } from '../../src/database/embedded/credentials.ts';
import { readLivePid } from '../../src/database/embedded/postmaster.ts';
import { afterAll } from '../support/after-all.ts';
import { until } from '../support/until.ts';

/** Makes an empty data folder; after all tests, kills what still runs in it and removes it. */
export function makeDataFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'parley-crash-')));
  // The user that PostgreSQL runs as needs access.
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data');
  afterAll(async () => {
    const clusterDir = await peekClusterDir(dataDir);
    await new Cluster(clusterDir).killAll();
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

  /** Kills every process at once, as a power loss would. */
  async killAll(): Promise<void> {
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

  /** Suspends every process (SIGSTOP). @returns their ids, the postmaster first. */
  freeze(): readonly number[] {
    const pid = this.postmasterPid;
    if (pid === undefined) return [];
    // The postmaster first, so that it cannot start another child meanwhile.
    send(pid, 'SIGSTOP');
    const children = childrenOf(pid);
    for (const child of children) send(child, 'SIGSTOP');
    return [pid, ...children];
  }

  /** Resumes frozen processes. */
  thaw(pids: readonly number[]): void {
    for (const pid of pids) send(pid, 'SIGCONT');
  }

  /** Opens a connection that sees every row; as superuser, it uses the reserved connections. */
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
    // It has already ended.
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

/** Whether a process runs; a zombie does not. */
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
    // The name before the bracket may contain spaces and brackets.
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
