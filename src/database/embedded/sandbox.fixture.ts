// A temporary folder for the tests of the embedded PostgreSQL, with everything that a test starts
// in it: handles are released, processes are ended by their pid, the folder is removed.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { acquireEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './embedded.ts';
import type { HolderEvent, HolderOptions } from './holder-process.fixture.ts';

export const isRoot = process.geteuid?.() === 0;
export const quick = { fsync: 'off' };

type LogEntry = { level: string; fields: Record<string, unknown>; message: string };

/** A child process that holds a cluster, and the events it has reported so far. */
export class Holder {
  readonly child: ChildProcess;
  readonly events: HolderEvent[] = [];
  readonly exit: Promise<number | null>;

  constructor(command: string, args: string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.exit = new Promise((resolve) => this.child.on('close', resolve));
    let rest = '';
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.events.push(JSON.parse(line));
    });
  }

  /** Waits for an event; also ends, with an error, when the process does. */
  async until<Name extends HolderEvent['event']>(
    name: Name,
  ): Promise<Extract<HolderEvent, { event: Name }>> {
    for (;;) {
      const found = this.events.find((event) => event.event === name);
      if (found !== undefined) return found as Extract<HolderEvent, { event: Name }>;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await this.exit;
        if (this.events.some((event) => event.event === name)) continue;
        throw new Error(`ended without "${name}": ${JSON.stringify(this.events)}`);
      }
      await pause(5);
    }
  }

  release(): Promise<number | null> {
    this.child.stdin?.write('release\n');
    return this.exit;
  }

  kill(): Promise<number | null> {
    this.child.kill('SIGKILL');
    return this.exit;
  }
}

export class Sandbox {
  readonly folder: string;
  readonly dataDir: string;
  readonly log: LogEntry[] = [];
  readonly #handles: EmbeddedPostgres[] = [];
  readonly #holders: Holder[] = [];
  #isReusable = false;

  constructor(t: TestContext) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'parley-embedded-')));
    chmodSync(this.folder, 0o711);
    this.dataDir = join(this.folder, 'data');
    t.after(() => this.#cleanUp());
  }

  /**
   * Puts a finished, stopped cluster in place, which is faster than making one. The next test gets
   * the same one, recovery included, unless this test is declared to spoil it.
   */
  async prepare(options: { spoils?: boolean } = {}): Promise<void> {
    renameSync(ready.pop() ?? (await makeCluster()), this.dataDir);
    this.#isReusable = !options.spoils;
  }

  options(options: Partial<EmbeddedOptions> = {}): EmbeddedOptions {
    return {
      dataDir: this.dataDir,
      purpose: 'serve',
      processName: options.purpose === 'command' ? 'parley token create' : 'parley serve',
      extraSettings: quick,
      systemFolders: [join(this.folder, 'system')],
      log: (level, fields, message) => this.log.push({ level, fields, message }),
      ...options,
    };
  }

  async acquire(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
    const embedded = await acquireEmbedded(this.options(options));
    this.#handles.push(embedded);
    return embedded;
  }

  /** Node's arguments for a holder process, for tests that wrap it in another program. */
  holderArguments(options: Partial<HolderOptions> = {}): string[] {
    const { log: _log, ...rest } = this.options(options);
    const script = fileURLToPath(new URL('./holder-process.fixture.ts', import.meta.url));
    return [script, JSON.stringify({ ...rest, ...options })];
  }

  hold(options: Partial<HolderOptions> = {}): Holder {
    return this.run(process.execPath, this.holderArguments(options));
  }

  run(command: string, args: string[]): Holder {
    const holder = new Holder(command, args);
    this.#holders.push(holder);
    return holder;
  }

  messages(): string {
    return this.log.map((entry) => entry.message).join('\n');
  }

  async #cleanUp(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.release()));
    await Promise.all(this.#holders.map((holder) => holder.kill()));
    for (const pid of findPostmasters(this.folder)) {
      try {
        process.kill(pid, 'SIGQUIT');
      } catch {
        continue;
      }
      for (let round = 0; round < 500 && isRunning(pid); round += 1) await pause(10);
    }
    if (this.#isReusable) {
      const kept = join(poolFolder(), `data-${performance.now()}`);
      renameSync(this.dataDir, kept);
      ready.push(kept);
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** Runs one query over a separate connection. */
export async function query<Row extends object>(
  embedded: EmbeddedPostgres,
  text: string,
): Promise<Row[]> {
  const client = new pg.Client(embedded.connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Runs one query as the superuser; outside tests only this module may do so. */
export async function superuserQuery<Row extends object>(
  embedded: EmbeddedPostgres,
  text: string,
): Promise<Row[]> {
  const file = join(embedded.clusterDir, 'parley-credentials.json');
  const password = JSON.parse(readFileSync(file, 'utf8')).superuserPassword as string;
  const connection = { ...embedded.connection, user: 'postgres', password };
  return query<Row>({ ...embedded, connection }, text);
}

/** Whether the process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

/** Waits until the check holds. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!(await check())) {
    if (performance.now() > endMs) throw new Error(`never came true: ${check}`);
    await pause(10);
  }
}

function findPostmasters(folder: string): number[] {
  const pids: number[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('postmaster.pid')) continue;
    const pid = Number.parseInt(readFileSync(join(folder, name), 'utf8'), 10);
    // A test may have written the pid of something else into that file.
    const command = process.platform === 'linux' && isRunning(pid) ? commandOf(pid) : 'postgres';
    if (pid > 1 && isRunning(pid) && command.includes('postgres')) pids.push(pid);
  }
  return pids;
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

let pool: string | undefined;
const ready: string[] = [];

function poolFolder(): string {
  if (pool !== undefined) return pool;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'parley-pool-')));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o711);
  pool = folder;
  return folder;
}

async function makeCluster(): Promise<string> {
  const dataDir = join(poolFolder(), `data-${performance.now()}`);
  const embedded = await acquireEmbedded({
    dataDir,
    purpose: 'command',
    processName: 'test pool',
    extraSettings: quick,
    log: () => undefined,
  });
  await embedded.release();
  return dataDir;
}
