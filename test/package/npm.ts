// Runs npm in a folder without the variables that a surrounding `npm test` sets, and without the network for what was
// fetched before.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment } from '../cli/run-parley.ts';

export type Packed = {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
};

/** Runs npm. @returns its output. */
export function npm(cwd: string, ...words: string[]): string {
  const kept = Object.entries(cleanEnvironment()).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local_prefix|command)/.test(name),
  );
  const ran = spawnSync('npm', words, { cwd, env: Object.fromEntries(kept), encoding: 'utf8' });
  assert.equal(ran.status, 0, `npm ${words.join(' ')}:\n${ran.stderr}\n${ran.error}`);
  return ran.stdout;
}

/** Packs the package of a folder into another folder. */
export function pack(folder: string, destination: string): Packed {
  const output = npm(folder, 'pack', '--json', '--pack-destination', destination);
  // Newer npm prints an object by package name, older ones a list.
  return (Object.values(JSON.parse(output)) as Packed[])[0]!;
}

/** Installs a packed package into a folder, as `npm install` of a name would. */
export function install(folder: string, packed: Packed): void {
  const quickly = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
  npm(folder, 'install', join(folder, packed.filename), ...quickly);
}
