// What is measured, side by side: Parley as a user would run it, Parley in other shapes, and the bare server. Each is a
// process of its own with a database of its own.

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

/** The only setting that is not the default: one token makes more than 10,000 requests a second here. */
const settings = {
  PARLEY_BOOTSTRAP_TOKEN: TOKEN,
  PARLEY_PORT: '0',
  PARLEY_RATE_LIMIT: '1000000000',
};

/** One signal a group; eight at a time, as servers do that give every request its own transaction. */
export const groupsOfOne = { PARLEY_GROUP_SIZE: '1', PARLEY_GROUPS_IN_FLIGHT: '8' };

/** Starts Parley with the embedded PostgreSQL in a fresh folder, which goes when it stops. */
export async function startParley(shape: Record<string, string> = {}): Promise<ParleySide> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  // Under root PostgreSQL runs as another user, who has to pass through.
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

/** Starts the yardstick. */
export async function startBare(): Promise<Side> {
  const child = startChild(['bench/bare-server.ts'], {});
  const { url } = await nextLine<{ url: string }>(child);
  return { url, token: TOKEN, pid: child.pid, stop: () => child.stop() };
}
