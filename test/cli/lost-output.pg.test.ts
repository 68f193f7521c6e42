// Standard output or error is full or closed: a server goes on serving, and a command reports the lost output by its
// exit code.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/listen.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { checkoutLauncher, cleanEnvironment } from './run-parley.ts';

const { url: databaseUrl } = await openTestDatabase();
const skip = existsSync('/dev/full') ? false : 'there is no /dev/full here';

/** Runs the command through a shell, so that the shell opens /dev/full as a redirection. */
function runInShell(words: string, settings: Record<string, string>) {
  const child = spawn(
    '/bin/sh',
    ['-c', `exec "$0" "$1" ${words}`, process.execPath, checkoutLauncher],
    { env: cleanEnvironment(settings), stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  // Not 'close': that event may never come once this side has closed a pipe.
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { child, ended, printed: () => printed };
}

/** Starts the server on a fixed port, since it may not be able to print one. */
async function serveInto(
  where: string,
  port: number,
  begin: (child: ChildProcess) => void = () => {},
): Promise<void> {
  const { child, ended, printed } = runInShell(`serve ${where}`, {
    PARLEY_DATABASE_URL: databaseUrl,
    PARLEY_PORT: String(port),
    PARLEY_BOOTSTRAP_TOKEN: 'parley_test_token_0123456789',
    PARLEY_LOG_LEVEL: 'debug',
  });
  begin(child);
  let alive = 0;
  const endMs = performance.now() + 30_000;
  while (alive < 5 && child.exitCode === null && performance.now() < endMs) {
    const response = await fetch(`http://127.0.0.1:${port}/me`).catch(() => null);
    if (response?.status === 401) alive += 1;
    else await pause(100);
  }
  assert.equal(alive, 5, `${where}: exit code ${child.exitCode}: ${printed()}`);
  child.kill('SIGINT');
  await ended;
}

test('serve: goes on serving when the disk of its log is full', { skip }, async () =>
  serveInto('2>/dev/full', await freePort()),
);

test('serve: goes on serving when its output cannot be written', { skip }, async () =>
  serveInto('>/dev/full', await freePort()),
);

test('serve: goes on serving when the reader of its log is gone', async () =>
  serveInto('', await freePort(), (child) => child.stderr?.destroy()));

test('command: exits with 1 and one sentence when its output cannot be written', {
  skip,
}, async () => {
  const { ended, printed } = runInShell('config >/dev/full', { PARLEY_DATABASE_URL: databaseUrl });
  assert.equal(await ended, 1);
  assert.match(printed(), /^parley: cannot write to standard output: ENOSPC/);
  assert.doesNotMatch(printed(), /^ +at /m, 'no stack');
});
