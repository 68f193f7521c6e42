#!/usr/bin/env node
// The `parley` command for any Node: finds a Node 24, then runs the command line in it. Owns nothing else.
//
// Parley needs Node 24. Machines often have an older one, so the package brings its own (the npm packages
// node-<platform>-<arch> ship the binary itself). Under Node 24 or newer the command line is imported directly.
// Otherwise a child takes over the terminal; the IPC channel tells it when this launcher dies, even by SIGKILL.

import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout has src/ and runs it as it is; the published package has only the built dist/.
const source = join(root, 'src', 'cli', 'run.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'run.js');

// Looking a name up blocks a thread of libuv's pool, and a silent name server holds it for seconds; of the usual four
// threads two may do so. libuv reads this when the pool is first used, which is after this line; a child inherits it.
process.env.UV_THREADPOOL_SIZE ??= '64';

if (Number(process.versions.node.split('.')[0]) >= 24) {
  keepCompiledCode();
  await import(entry);
} else {
  const node = findBundledNode();
  if (node === undefined) {
    console.error(
      `parley needs Node 24 or newer; this is ${process.version} and no bundled Node was installed for ` +
        `${process.platform}-${process.arch}.\nInstall Node 24, or reinstall without --omit=optional.`,
    );
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
    console.error(`parley: the bundled Node ${node} cannot be run: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
}

/** Shortens every start but the first. Whoever writes there decides what runs here, so the folder is ours alone. */
function keepCompiledCode() {
  try {
    const user = process.getuid?.() ?? 'user';
    const folder = join(tmpdir(), `parley-compile-cache-${user}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const isOurs =
      process.platform === 'win32' || (found.uid === user && (found.mode & 0o777) === 0o700);
    if (isOurs && found.isDirectory()) module.enableCompileCache(folder);
  } catch {
    // No such folder can be made: every start compiles anew.
  }
}

function findBundledNode() {
  const require = createRequire(import.meta.url);
  const { platform, arch } = process;
  const name = platform === 'win32' ? 'win' : platform;
  for (const candidate of [`node-${name}-${arch}`, `node-bin-${name}-${arch}`]) {
    try {
      const folder = dirname(require.resolve(`${candidate}/package.json`));
      const binary = join(folder, 'bin', platform === 'win32' ? 'node.exe' : 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // Not this platform's package: try the next name.
    }
  }
  return undefined;
}
