// Resolves the workflow files that a parley.yaml names. They must be in its folder or below, also after following
// links: the author of a file that a server applies may not be allowed to read the rest of its disk.

import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';

type PathFault = { readonly reason: string; readonly remedy: string };

/**
 * Resolves a workflow file to its path without links.
 * @param folder of the parley.yaml.
 * @param file the path as written.
 */
export function placeOfWorkflow(folder: string, file: string): Result<string, PathFault> {
  if (/^~(\/|\\|$)/.test(file) || isAbsolute(file)) return fail(outside('is'));
  const place = join(folder, file);
  if (leadsOut(relative(folder, place))) return fail(outside('is'));
  try {
    const root = realpathSync(folder || '.');
    const real = realpathSync(place);
    return leadsOut(relative(root, real)) ? fail(outside('is a link to a file')) : ok(real);
  } catch {
    // The reader of the file reports that it is missing.
    return ok(place);
  }
}

const leadsOut = (path: string): boolean =>
  path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

const outside = (what: string): PathFault => ({
  reason: `${what} outside the folder of this file`,
  remedy: 'put the workflow beside this file or in a folder below it',
});
