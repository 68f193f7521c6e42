// Runs once around the whole test run: starts the PostgreSQL from which every test file clones its database, and makes
// the compile cache that the processes of the run share.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentWebBuild, neededWebBuild } from '../../src/base/web-build.ts';
import { publishTestServer, startTestServer } from './postgres.ts';

let stop: (() => Promise<void>) | undefined;
let compiled: string | undefined;

export async function globalSetup(): Promise<void> {
  shareCompiledCode();
  await buildWeb();
  const started = await startTestServer();
  stop = started.stop;
  publishTestServer(started.server);
}

export async function globalTeardown(): Promise<void> {
  await stop?.();
  if (compiled !== undefined) rmSync(compiled, { recursive: true, force: true });
}

/** The web app, which otherwise each server that a test starts would build. */
async function buildWeb(): Promise<void> {
  if (neededWebBuild() === currentWebBuild()) return;
  const { ensureWebBuilt } = await import('../../scripts/build-web.ts');
  await ensureWebBuilt();
}

/** The compile cache: without it, each of the many processes would compile the same sources. */
function shareCompiledCode(): void {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return;
  compiled = mkdtempSync(join(tmpdir(), 'parley-test-compiled-'));
  // Tests that run Parley as another user keep that user's files there, too.
  chmodSync(compiled, 0o1777);
  process.env.NODE_COMPILE_CACHE = compiled;
}
