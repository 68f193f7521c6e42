// `npm run build`: makes dist/ for the npm package, since Node strips no types below node_modules. A checkout runs src/
// and never needs it.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');
const target = join(root, 'dist');

rmSync(target, { recursive: true, force: true });
compile('tsconfig.build.json');
// Types only for what others import, parley/receiver, and for what it is made of.
compile('tsconfig.types.json');
copyOtherFiles();
for (const made of ['cli/run.js', 'receiver/receiver.js', 'receiver/receiver.d.ts']) {
  if (!existsSync(join(target, made))) throw new Error(`dist/${made} was not made`);
}

/** Errors of types stop the build: what is published was checked. */
function compile(project: string): void {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const compiler = join(dirname(manifest), 'bin', 'tsc');
  const { status, error } = spawnSync(
    process.execPath,
    [compiler, '--project', join(root, project)],
    { stdio: 'inherit' },
  );
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** What is read at run time from beside its code: migrations, the expected schema, pages. */
function copyOtherFiles(): void {
  cpSync(source, target, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
}
