// Owns the random passwords of a cluster's two roles: made at its creation, kept inside the cluster
// folder so that one rename brings both into place. Never sends them anywhere or logs them.
import { randomBytes } from 'node:crypto';
import { lchown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError, errorMessage } from './embedded-error.ts';
import type { RunAs } from './run-as.ts';

export type Credentials = { superuserPassword: string; applicationPassword: string };

const fileName = 'parley-credentials.json';

/** New passwords, good for a cluster that is about to be created. */
export function newCredentials(): Credentials {
  return {
    superuserPassword: randomBytes(24).toString('base64url'),
    applicationPassword: randomBytes(24).toString('base64url'),
  };
}

/** Stores the passwords in a cluster that nobody uses yet. */
export async function writeCredentials(
  clusterDir: string,
  credentials: Credentials,
  runAs: RunAs,
): Promise<void> {
  const path = join(clusterDir, fileName);
  await writeFile(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600, flush: true });
  // PostgreSQL syncs and backs up every file of its folder, so it has to be able to read this one.
  if (runAs.switched) await lchown(path, runAs.uid, runAs.gid);
}

/** The passwords of an existing cluster. */
export async function readCredentials(clusterDir: string): Promise<Credentials> {
  const path = join(clusterDir, fileName);
  try {
    const stored = JSON.parse(await readFile(path, 'utf8')) as Partial<Credentials>;
    const { superuserPassword, applicationPassword } = stored;
    if (typeof superuserPassword !== 'string' || typeof applicationPassword !== 'string') {
      throw new Error('a password is missing');
    }
    return { superuserPassword, applicationPassword };
  } catch (error) {
    throw new EmbeddedPostgresError(
      'credentials_refused',
      `The file ${path} with the passwords of the embedded database cannot be used ` +
        `(${errorMessage(error)}): restore it from a backup, or run this as the user that runs ` +
        'the server.',
      { cause: error },
    );
  }
}
