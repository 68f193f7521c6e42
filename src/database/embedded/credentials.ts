// The random passwords of a cluster's two roles: created with the cluster and stored inside its folder, so that one
// rename puts both in place. Never logged.
import { randomBytes } from 'node:crypto';
import { lchown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError, errorMessage } from './embedded-error.ts';
import type { RunAs } from './run-as.ts';

export type Credentials = { superuserPassword: string; applicationPassword: string };

const fileName = 'parley-credentials.json';

/** Creates passwords for a new cluster. */
export function newCredentials(): Credentials {
  return {
    superuserPassword: randomBytes(24).toString('base64url'),
    applicationPassword: randomBytes(24).toString('base64url'),
  };
}

/** Stores the passwords in a cluster that is not in use yet. */
export async function writeCredentials(
  clusterDir: string,
  credentials: Credentials,
  runAs: RunAs,
): Promise<void> {
  const path = join(clusterDir, fileName);
  await writeFile(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600, flush: true });
  // PostgreSQL syncs and backs up every file of its folder, so it must be able to read this one.
  if (runAs.switched) await lchown(path, runAs.uid, runAs.gid);
}

/** Reads the passwords of an existing cluster. */
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
