// Runs the TypeScript compiler for the build scripts. Type errors stop the build.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Compiles a project of the root, with further command-line options. */
export function compile(project: string, ...options: string[]): void {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const compiler = join(dirname(manifest), 'bin', 'tsc');
  const { status, error } = spawnSync(
    process.execPath,
    [compiler, '--project', join(root, project), ...options],
    { stdio: 'inherit' },
  );
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
