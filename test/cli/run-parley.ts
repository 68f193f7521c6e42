// Runs a command to its end, with no settings but those that the test gives: in a process that stays up, or in one of
// its own.

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '../support/after-all.ts';
import { runWarm } from './warm-commands.ts';

export type Ran = {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read output without types.
  readonly json: () => any;
};

export type RunOptions = {
  readonly settings?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly nodeArguments?: readonly string[];
  readonly launcher?: string;
  readonly cwd?: string;
};

export const checkoutLauncher = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
const runLimitMs = 60_000;

/** Runs a command to its end, in a process that other commands of this file use too unless it needs its own. */
export async function runParley(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  if (needsOwnProcess(words, options)) return runParleyProcess(words, options);
  const environment = cleanEnvironment(options.settings) as Record<string, string>;
  const request = { words, environment, cwd: options.cwd ?? process.cwd() };
  const response = await runWarm(request, runLimitMs);
  return { ...response, json: () => JSON.parse(response.out) };
}

/** Whether another program starts it, or it is the launcher's own or a server, or its start reads a setting. */
function needsOwnProcess([first = '']: readonly string[], options: RunOptions): boolean {
  const { settings = {}, cwd: _cwd, ...start } = options;
  return (
    Object.keys(start).length > 0 ||
    ['serve', 'install-node'].includes(first) ||
    Object.keys(settings).some((name) => name.startsWith('NODE_') || name === 'PARLEY_FAULT_POINT')
  );
}

/** Runs a command in a process of its own: where it may die, or where its start is what is tested. */
export function runParleyProcess(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(
    options.node ?? process.execPath,
    [...(options.nodeArguments ?? []), options.launcher ?? checkoutLauncher, ...words],
    {
      cwd: options.cwd,
      env: cleanEnvironment(options.settings),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: runLimitMs,
    },
  );
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err, json: () => JSON.parse(out) }));
  });
}

/** The environment without Parley's and PostgreSQL's variables, plus these settings. */
export function cleanEnvironment(settings: Readonly<Record<string, string>> = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(PARLEY_|PG|NODE_TEST)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...settings };
}

/** Makes a temporary folder that PostgreSQL's user can access; removed after all tests. */
export function temporaryFolder(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `parley-${name}-`)));
  chmodSync(folder, 0o711);
  afterAll(async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
