// The measured sides: Parley as a user would run it, Parley with other settings, and the bare server. Each is a
// separate process with its own database.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextLine, startChild } from './child.ts';
import { type BenchDatabase, openBenchDatabase } from './database.ts';

export type Side = {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  stop(): Promise<void>;
};

export type ParleySide = Side & { readonly database: BenchDatabase };

const TOKEN = 'parley_bench_token_0123456789';

/** The only changed setting: one token makes more than 10,000 requests a second here. */
const settings = {
  PARLEY_BOOTSTRAP_TOKEN: TOKEN,
  PARLEY_PORT: '0',
  PARLEY_RATE_LIMIT: '1000000000',
};

/** One signal in each group, eight groups at a time, like a server with a transaction for every request. */
export const groupsOfOne = { PARLEY_GROUP_SIZE: '1', PARLEY_GROUPS_IN_FLIGHT: '8' };

/** Starts Parley with the embedded PostgreSQL in a fresh folder, which is removed when it stops. */
export async function startParley(shape: Record<string, string> = {}): Promise<ParleySide> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  // When run as root, PostgreSQL runs as another user, who needs access to the folder.
  chmodSync(folder, 0o711);
  const dataDir = join(folder, 'data');
  const child = startChild(['bin/parley.js', 'serve', '--json'], {
    ...settings,
    PARLEY_DATA_DIR: dataDir,
    ...shape,
  });
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const { url } = await nextLine<{ url: string }>(child).catch((error) => {
    removeFolder();
    throw error;
  });
  const database = await openBenchDatabase(dataDir);
  return {
    url,
    token: TOKEN,
    pid: child.pid,
    database,
    async stop() {
      await database.close();
      await child.stop();
      removeFolder();
    },
  };
}

/** Starts the bare server. */
export async function startBare(): Promise<Side> {
  const child = startChild(['bench/bare-server.ts'], {});
  const { url } = await nextLine<{ url: string }>(child);
  return { url, token: TOKEN, pid: child.pid, stop: () => child.stop() };
}
