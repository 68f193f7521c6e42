// Runs a whole Parley as a process that can be killed, and collects its log; never reads its database.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll } from './after-all.ts';
import { checkResponsesOf } from './check-response.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type LaunchOptions = {
  /** PARLEY_… variables; those of the environment are ignored. */
  readonly settings: Readonly<Record<string, string>>;
  /** A program and arguments that run Parley, such as `unshare`. It must end in an exec of Parley. */
  readonly wrapper?: readonly string[];
};

export const TOKEN = 'parley_test_token_0123456789';

const entry = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
/** Far above the time of a start, even with recovery of PostgreSQL on a busy machine. */
const startLimitMs = 90_000;

/** A Parley that was launched and may or may not be listening yet. */
export class ParleyProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Resolves to the address once it listens; rejects if it exits before. */
  readonly listening: Promise<string>;
  #log = '';
  #exit: Exit | undefined;

  constructor({ settings, wrapper = [] }: LaunchOptions) {
    const [command, ...rest] = [...wrapper, process.execPath, entry, 'serve', '--json'];
    this.child = spawn(command!, rest, {
      env: {
        ...cleanEnvironment(),
        PARLEY_PORT: '0',
        PARLEY_BOOTSTRAP_TOKEN: TOKEN,
        PARLEY_DRAIN_SECONDS: '0',
        ...settings,
      },
      // The IPC channel stops Parley when this process dies, however that happens.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString('utf8');
    });
    this.exited = this.#waitForExit();
    this.listening = this.#readAddress();
    // Not an error for tests that kill it on purpose.
    this.listening.catch(() => {});
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Standard error so far. */
  get log(): string {
    return this.#log;
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Sends a signal, without waiting. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends SIGKILL, and waits for the exit. */
  kill(): Promise<Exit> {
    this.child.kill('SIGKILL');
    return this.exited;
  }

  /** Sends SIGTERM, and waits for the exit. */
  stop(): Promise<Exit> {
    this.child.kill('SIGTERM');
    return this.exited;
  }

  /** Listens to 'exit': 'close' never comes once this side has closed the channel. */
  async #waitForExit(): Promise<Exit> {
    const { child } = this;
    const logEnd = once(child.stderr!, 'close');
    const [code, signal] = await once(child, 'exit');
    await logEnd;
    this.#exit = { code, signal };
    return this.#exit;
  }

  #readAddress(): Promise<string> {
    return new Promise((resolve, reject) => {
      let printed = '';
      const late = setTimeout(() => reject(this.#failure('does not listen')), startLimitMs);
      this.child.stdout!.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
        if (!printed.includes('\n')) return;
        clearTimeout(late);
        const { url } = JSON.parse(printed.split('\n')[0]!) as { url: string };
        checkResponsesOf(url);
        resolve(url);
      });
      void this.exited.then(() => {
        clearTimeout(late);
        reject(this.#failure('ended before it listened'));
      });
    });
  }

  #failure(what: string): Error {
    return new Error(`Parley ${what} (${JSON.stringify(this.#exit)}):\n${this.#log.slice(-4000)}`);
  }
}

/** Launches Parley without waiting for it; it is killed after all tests of the file. */
export function launchParley(options: LaunchOptions): ParleyProcess {
  const parley = new ParleyProcess(options);
  afterAll(() => parley.kill());
  return parley;
}

/** Starts Parley and waits until it listens. @returns it and its address. */
export async function startParley(
  options: LaunchOptions,
): Promise<{ readonly parley: ParleyProcess; readonly url: string }> {
  const parley = launchParley(options);
  return { parley, url: await parley.listening };
}

function cleanEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(PARLEY_|PG|NODE_TEST)/.test(name),
  );
  return { ...Object.fromEntries(kept), PARLEY_LAUNCHED: '1' };
}
