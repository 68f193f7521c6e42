// Folders outside the data folder (/var/lib/parley, ...) with programs or data for another user: they are used only if
// no user but root and the current one can change or swap them.
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from './embedded-error.ts';

/** The folders for files that PostgreSQL's user cannot reach in the checkout or the data folder. */
export const defaultSystemFolders: readonly string[] = ['/var/lib/parley', '/opt/parley'];

const writableByOthers = 0o022;
const sticky = 0o1000;

/** Whether only root and the current user can change this folder or swap one of its parents. */
export async function isTrustedFolder(folder: string): Promise<boolean> {
  const ourUid = process.geteuid?.() ?? -1;
  try {
    const own = await lstat(folder);
    if (!own.isDirectory() || (own.mode & writableByOthers) !== 0) return false;
    if (own.uid !== 0 && own.uid !== ourUid) return false;
    for (let parent = dirname(folder); ; parent = dirname(parent)) {
      const stat = await lstat(parent);
      const swappable = (stat.mode & writableByOthers) !== 0 && (stat.mode & sticky) === 0;
      if (swappable || (stat.uid !== 0 && stat.uid !== ourUid)) return false;
      if (parent === dirname(parent)) return true;
    }
  } catch {
    return false;
  }
}

/** Creates missing folders of the path with exactly these rights, whatever the umask. */
export async function makeEnterableFolder(folder: string, mode: number): Promise<void> {
  // Not mkdir({ recursive: true }): Node repeats it forever where the kernel allows no folders (/proc/x), and does not
  // report which folders it created.
  try {
    await mkdir(folder, mode);
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parent = dirname(folder);
    if (errorCode(error) !== 'ENOENT' || parent === folder) throw error;
    await makeEnterableFolder(parent, mode);
    await mkdir(folder, mode).catch(ignoreExisting);
  }
  await chmod(folder, mode);
}

function ignoreExisting(error: unknown): void {
  if (errorCode(error) !== 'EEXIST') throw error;
}

/** Creates the folder if needed; false if that fails or if other users could change it. */
export async function makeTrustedFolder(folder: string): Promise<boolean> {
  try {
    await makeEnterableFolder(folder, 0o755);
  } catch {
    return false;
  }
  return isTrustedFolder(folder);
}

/** Creates a trusted folder in the temporary folder: the usual one, or a new one if that is not ours. */
export async function makeTemporaryTrustedFolder(): Promise<string> {
  const usual = join(tmpdir(), `parley-${process.geteuid?.() ?? 'user'}`);
  if (await makeTrustedFolder(usual)) return usual;
  const fresh = await mkdtemp(join(tmpdir(), 'parley-'));
  await chmod(fresh, 0o755);
  return fresh;
}

/** Creates a short random part of a file name. */
export function randomName(): string {
  return randomBytes(6).toString('hex');
}
