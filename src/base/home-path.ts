// Paths as users write them in settings and options, where no shell has expanded `~`.

import { homedir } from 'node:os';
import { fail, ok, type Result } from './result.ts';

/** Expands `~` at the beginning of a path to the home folder, or returns what the path must be instead. */
export function expandHome(path: string): Result<string, string> {
  if (!path.startsWith('~')) return ok(path);
  const isSeparated =
    path === '~' || path[1] === '/' || (process.platform === 'win32' && path[1] === '\\');
  if (!isSeparated) {
    return fail(
      'must be written out: ~ with the name of a user is not expanded here (a file of that name is ./~…)',
    );
  }
  const home = findHome();
  return home === null
    ? fail(
        'must be written out: ~ stands for a home folder, and this user has none (HOME is not set)',
      )
    : ok(home + path.slice(1));
}

/** Finds the home folder; a user id without an entry in /etc/passwd has none unless HOME names one. */
function findHome(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
