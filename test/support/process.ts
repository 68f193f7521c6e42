// A whole Parley as a process of its own, started as a person starts it, so that it can be killed. Owns its life and
// its log; never looks into its database.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll } from './after-all.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type LaunchOptions = {
  /** PARLEY_… variables; those of the surrounding environment do not count. */
  readonly settings: Readonly<Record<string, string>>;
  /** A program and its first arguments that run Parley, such as `unshare`. It must become Parley by exec. */
  readonly wrapper?: readonly string[];
};

export const TOKEN = 'parley_test_token_0123456789';

const entry = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
/** Far above what a start takes, recovery of PostgreSQL on a busy machine included. */
const startLimitMs = 90_000;

/** A Parley that was launched and may or may not be listening yet. */
export class ParleyProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Its address, once it listens. Rejects when it ends before. */
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
      // The channel tells Parley to stop when this process dies, however that happens.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString('utf8');
    });
    this.exited = this.#waitForExit();
    this.listening = this.#readAddress();
    // Whoever kills it on purpose does not care.
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

  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<Exit> {
    this.child.kill('SIGKILL');
    return this.exited;
  }

  /** SIGTERM, and waits until it is gone. */
  stop(): Promise<Exit> {
    this.child.kill('SIGTERM');
    return this.exited;
  }

  /** Not 'close': that event never comes once this side has closed the channel. */
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
        resolve((JSON.parse(printed.split('\n')[0]!) as { url: string }).url);
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

/** Launches Parley without waiting; it is gone at the end of the test file. */
export function launchParley(options: LaunchOptions): ParleyProcess {
  const parley = new ParleyProcess(options);
  afterAll(() => parley.kill());
  return parley;
}

/** Starts Parley. @returns it with its address, listening. */
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
