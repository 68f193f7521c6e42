// Runs once around the whole test run: the PostgreSQL that every test file clones its database from.

import { publishTestServer, startTestServer } from './postgres.ts';

let stop: (() => Promise<void>) | undefined;

export async function globalSetup(): Promise<void> {
  const started = await startTestServer();
  stop = started.stop;
  publishTestServer(started.server);
}

export async function globalTeardown(): Promise<void> {
  await stop?.();
}
