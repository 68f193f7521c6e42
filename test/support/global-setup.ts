// Runs once around the whole test run: the PostgreSQL that every test file clones its database from, and the folder in
// which the many processes of a run keep what they compiled for each other.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishTestServer, startTestServer } from './postgres.ts';

let stop: (() => Promise<void>) | undefined;
let compiled: string | undefined;

export async function globalSetup(): Promise<void> {
  shareCompiledCode();
  const started = await startTestServer();
  stop = started.stop;
  publishTestServer(started.server);
}

export async function globalTeardown(): Promise<void> {
  await stop?.();
  if (compiled !== undefined) rmSync(compiled, { recursive: true, force: true });
}

/** Each file is a process, and starts others: without it all of them would compile the same sources. */
function shareCompiledCode(): void {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return;
  compiled = mkdtempSync(join(tmpdir(), 'parley-test-compiled-'));
  process.env.NODE_COMPILE_CACHE = compiled;
}
