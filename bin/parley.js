#!/usr/bin/env node
// The `parley` command for any Node: finds a Node 24, then runs the command line in it. Owns nothing else.
//
// Parley needs Node 24. Machines often have an older one, so the package brings its own (the npm packages
// node-<platform>-<arch> ship the binary itself). Under Node 24 or newer the command line is imported directly.
// Otherwise a child takes over the terminal; the IPC channel tells it when this launcher dies, even by SIGKILL.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout has src/ and runs it as it is; the published package has only the built dist/.
const source = join(root, 'src', 'cli', 'run.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'cli', 'run.js');

if (Number(process.versions.node.split('.')[0]) >= 24) {
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
