// Paths as people write them in settings and options, where no shell has expanded `~`.

import { homedir } from 'node:os';
import { fail, ok, type Result } from './result.ts';

/** A path with `~` at its beginning expanded to the home folder; or what it must be instead, after its name. */
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

/** A user id without an entry in /etc/passwd has no home folder unless HOME names one. */
function findHome(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
