// Runs `parley serve` as a process, through any launcher and under any Node, and waits for its start and its exit.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../support/after-all.ts';
import { checkoutLauncher, cleanEnvironment, type RunOptions } from './run-parley.ts';

/** The limit for an exit after SIGTERM. */
const STOP_LIMIT_MS = 10_000;

export type Serving = {
  readonly child: ChildProcess;
  readonly url: string;
  /** The token that this start created, if any. */
  readonly token: string | null;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The output so far. */
  readonly printed: () => string;
};

/** Starts the server as the leader of its own process group, as a terminal would. */
export async function startServe(options: RunOptions): Promise<Serving> {
  const child = spawn(
    options.node ?? process.execPath,
    [...(options.nodeArguments ?? []), options.launcher ?? checkoutLauncher, 'serve', '--json'],
    {
      cwd: options.cwd,
      env: cleanEnvironment({
        PARLEY_PORT: '0',
        PARLEY_LOG_LEVEL: 'warn',
        PARLEY_DRAIN_SECONDS: '0',
        ...options.settings,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  let printed = '';
  const first = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        const line = printed.split('\n').find((one) => one.startsWith('{"url"'));
        if (line !== undefined) resolve(line);
      });
    }
    void exited.then(() => reject(new Error(`ended before it listened:\n${printed}`)));
  });
  afterAll(() => endGroup(child, exited));
  const { url, token } = JSON.parse(await first) as { url: string; token: string | null };
  return { child, url, token, exited, printed: () => printed };
}

/** Stops the server with SIGTERM, so that an embedded PostgreSQL stops too, then kills what is left of the group. */
async function endGroup(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await Promise.race([exited, pause(STOP_LIMIT_MS, undefined, { ref: false })]);
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // No process is left.
  }
}

/** Waits until nothing listens at an address any more. */
export async function untilGone(url: string): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (
    await fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    )
  ) {
    if (performance.now() > endMs) throw new Error(`${url} still answers`);
    await pause(20);
  }
}

/**
 * Waits for an exit.
 * @returns how long it took, in milliseconds.
 * @throws if it takes longer than the limit.
 */
export async function timed(ended: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  const late = pause(STOP_LIMIT_MS, 'late', { ref: false });
  if ((await Promise.race([ended, late])) === 'late') {
    throw new Error(`did not end within ${STOP_LIMIT_MS} ms`);
  }
  return performance.now() - startMs;
}
