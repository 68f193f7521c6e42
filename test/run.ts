// Runs the tests: all of them, or those whose path begins with one of the arguments. Files that start processes or
// measure time run in a process of their own; the others share a few.
//
//     node test/run.ts [path…]

import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders and files whose tests need a process of their own. */
const alone = [
  'bench/',
  'test/cli/',
  'test/crash/',
  'test/deploy/',
  'test/package/',
  'test/pages/',
  'src/database/embedded/',
];

/** The number of files that share a process: enough to stay warm, few enough to keep all cores busy to the end. */
const FILES_EACH = 12;

const isAlone = (path: string): boolean => alone.some((prefix) => path.startsWith(prefix));

const wanted = process.argv.slice(2).map((path) => relative(root, path));
const found = globSync('{src,test,bench}/**/*.test.ts', { cwd: root })
  .sort()
  .filter((path) => wanted.length === 0 || wanted.some((prefix) => path.startsWith(prefix)));
const shared = found.filter((path) => !isAlone(path));

const folder = mkdtempSync(join(tmpdir(), 'parley-test-shards-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Writes a file that runs the test files, which the test runner starts as if it were one. */
function writeShard(paths: readonly string[], index: number): string {
  const file = join(folder, `shard-${index}.test.mjs`);
  const shard = pathToFileURL(join(root, 'test/support/shard.ts')).href;
  const files = JSON.stringify(paths.map((path) => join(root, path)));
  writeFileSync(file, `import { runShard } from '${shard}';\nawait runShard(${files});\n`);
  return file;
}

const shards: string[] = [];
for (let start = 0; start < shared.length; start += FILES_EACH) {
  shards.push(writeShard(shared.slice(start, start + FILES_EACH), shards.length));
}
const own = found.filter(isAlone).map((path) => join(root, path));

/** Spreads files that compute among files that wait for processes most of the time, so that some of both run always. */
function spread(waiting: readonly string[], computing: readonly string[]): string[] {
  const placed = (files: readonly string[]) =>
    files.map((file, index) => ({ file, place: (index + 0.5) / files.length }));
  const all = [...placed(waiting), ...placed(computing)];
  return all.toSorted((a, b) => a.place - b.place).map(({ file }) => file);
}

/** `globalSetupPath` is not in the types of Node yet. */
const options = {
  files: spread(own, shards),
  cwd: root,
  concurrency: availableParallelism() + 1,
  globalSetupPath: join(root, 'test/support/global-setup.ts'),
};
const tests = run(options);
tests.on('test:fail', () => {
  process.exitCode = 1;
});
tests.compose(spec).pipe(process.stdout);
