// Runs many test files in one process, one after the other. A usual test file spends most of its processor time on
// loading Parley's modules, compiling them, and compiling the schemas of all routes; here only the first one does.

import { relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { closeAll } from './after-all.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the files, each to its end before the next is loaded. @param files absolute paths. */
export async function runShard(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const name = relative(root, file);
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      test(`${name}: loads`, () => {
        throw error;
      });
    }
    // Starts after the tests of the file, which have been waiting in order.
    await test(`${name}: closes what it opened`, closeAll);
  }
}
