#!/usr/bin/env node
// The `parley` command for any Node: finds a Node 24, then runs the command line in it. Owns nothing else.
//
// Machines often have an older one. Under Node 24 or newer the command line is imported directly. Otherwise a child on
// a Node of Parley's own (own-node.mjs) takes over the terminal; the IPC channel tells it when this launcher dies, even
// by SIGKILL.

import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { constants, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout has src/ and runs it as it is; the published package has only the built dist/.
const source = join(root, 'src', 'cli', 'run.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'run.js');

// Looking a name up blocks a thread of libuv's pool, and a silent name server holds it for seconds; of the usual four
// threads two may do so. libuv reads this when the pool is first used, which is after this line; a child inherits it.
process.env.UV_THREADPOOL_SIZE ??= '64';

const isNewEnough = Number(process.versions.node.split('.')[0]) >= 24;

if (process.argv[2] === 'install-node') {
  const { runInstallNode } = await import('./own-node.mjs');
  process.exit(runInstallNode(process.argv.slice(3), isNewEnough));
} else if (isNewEnough) {
  keepCompiledCode();
  await import(entry);
} else {
  const { adviseOnNode, findOwnNode } = await import('./own-node.mjs');
  const node = findOwnNode();
  if (node === undefined) {
    const launcher = fileURLToPath(import.meta.url);
    const fromHere = relative(process.cwd(), launcher);
    console.error(adviseOnNode(fromHere.startsWith('..') ? launcher : fromHere));
    process.exit(1);
  }
  const child = spawn(node, [join(root, 'bin', 'parley.js'), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PARLEY_LAUNCHED: '1' },
  });
  // Ctrl-C reaches the child through the terminal as well; it takes a second signal of the same kind as the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`parley: the Node ${node} cannot be run: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
}

/** Shortens every start but the first. The folder is for this user alone: what is written into it runs here. */
function keepCompiledCode() {
  try {
    const user = process.getuid?.() ?? 'user';
    const folder = join(tmpdir(), `parley-compile-cache-${user}`);
    // Not recursive: below /proc Node would try for ever.
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    const found = lstatSync(folder);
    const isOurs =
      process.platform === 'win32' || (found.uid === user && (found.mode & 0o777) === 0o700);
    if (isOurs && found.isDirectory()) module.enableCompileCache(folder);
  } catch {
    // No such folder can be made: every start compiles anew.
  }
}
