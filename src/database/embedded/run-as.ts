// Chooses the operating-system user that PostgreSQL runs as. PostgreSQL does not run as root, so under root Parley
// switches to an existing unprivileged user. Never creates or changes a user.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { EmbeddedPostgresError } from './embedded-error.ts';

/** The user that runs PostgreSQL; `switched`: it is not the user that runs Parley. */
export type RunAs = { name: string; uid: number; gid: number; switched: boolean };

type Account = { name: string; uid: number; gid: number };

const preferredNames = ['postgres', '_postgres', 'nobody'];

/** Chooses the user for a new cluster: the current one; under root `postgres`, else `nobody`. */
export function chooseRunAs(accounts: Account[] = readAccounts()): RunAs {
  const uid = process.geteuid?.();
  if (uid !== 0) return ourselves();
  for (const name of preferredNames) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account !== undefined) return { ...account, switched: true };
  }
  throw new EmbeddedPostgresError(
    'no_unprivileged_user',
    'Parley runs as root, PostgreSQL refuses to run as root, and this machine has neither a user ' +
      '"postgres" nor "nobody": run Parley as an ordinary user (docker run --user 1000), ' +
      'or set PARLEY_DATABASE_URL.',
  );
}

/** Returns the user for an existing cluster: its owner, as PostgreSQL requires. */
export function runAsOwner(owner: { uid: number; gid: number }): RunAs {
  if (process.geteuid?.() === undefined || process.geteuid() === owner.uid) return ourselves();
  const account = readAccounts().find((candidate) => candidate.uid === owner.uid);
  const name = account?.name ?? `uid ${owner.uid}`;
  return { name, uid: owner.uid, gid: owner.gid, switched: true };
}

/** Creates the error for a user without a name, which PostgreSQL's initdb requires. */
export function namelessUser(uid: number | string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'no_unprivileged_user',
    `The user id ${uid} has no name (no entry in /etc/passwd), and PostgreSQL needs one to make ` +
      'a database: run Parley as a user that has one (in its image: --user 1000), ' +
      'give the container an /etc/passwd with this id, ' +
      'or set PARLEY_DATABASE_URL.',
  );
}

/** Whether the user that runs Parley has a name. */
export function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** Returns the spawn options that switch the user; empty if nothing is switched. */
export function identityOf(runAs: RunAs): { uid?: number; gid?: number } {
  return runAs.switched ? { uid: runAs.uid, gid: runAs.gid } : {};
}

function ourselves(): RunAs {
  const uid = process.geteuid?.() ?? -1;
  const gid = process.getegid?.() ?? -1;
  return { name: ownName(uid), uid, gid, switched: false };
}

function ownName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    // `docker run --user 1000` has no entry in /etc/passwd.
    return `uid ${uid}`;
  }
}

function readAccounts(): Account[] {
  let text: string;
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return [];
  }
  const accounts: Account[] = [];
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || name === '' || name.startsWith('#')) continue;
    if (!/^-?\d+$/.test(uid ?? '') || !/^-?\d+$/.test(gid ?? '')) continue;
    accounts.push({ name, uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
}
