// Runs once around the whole test run: starts the PostgreSQL from which every test file clones its database, and makes
// the compile cache that the processes of the run share.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
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

/** The compile cache: without it, each of the many processes would compile the same sources. */
function shareCompiledCode(): void {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return;
  compiled = mkdtempSync(join(tmpdir(), 'parley-test-compiled-'));
  // Tests that run Parley as another user keep that user's files there, too.
  chmodSync(compiled, 0o1777);
  process.env.NODE_COMPILE_CACHE = compiled;
}
