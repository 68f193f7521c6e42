// Owns folders outside the data folder (/var/lib/parley, ...) that hold programs or data for
// another user: they are only used when nobody but root and ourselves can change them or swap them.
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from './embedded-error.ts';

/** Where things go that PostgreSQL's user cannot reach in the checkout or the data folder. */
export const defaultSystemFolders: readonly string[] = ['/var/lib/parley', '/opt/parley'];

const writableByOthers = 0o022;
const sticky = 0o1000;

/** Whether only root and ourselves can change this folder or swap one of its parents. */
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

/** Creates missing folders of the path with exactly these rights, whatever the umask says. */
export async function makeEnterableFolder(folder: string, mode: number): Promise<void> {
  // Not mkdir({ recursive: true }): Node repeats that forever where the kernel allows no folders
  // (/proc/x), and it does not tell apart what it created.
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

/** Creates the folder if needed; false when that fails or when others could change it. */
export async function makeTrustedFolder(folder: string): Promise<boolean> {
  try {
    await makeEnterableFolder(folder, 0o755);
  } catch {
    return false;
  }
  return isTrustedFolder(folder);
}

/** A folder of ours in the temporary folder: the usual one, or a fresh one if that was taken. */
export async function makeTemporaryTrustedFolder(): Promise<string> {
  const usual = join(tmpdir(), `parley-${process.geteuid?.() ?? 'user'}`);
  if (await makeTrustedFolder(usual)) return usual;
  const fresh = await mkdtemp(join(tmpdir(), 'parley-'));
  await chmod(fresh, 0o755);
  return fresh;
}

/** A short random name part that is safe in file names. */
export function randomName(): string {
  return randomBytes(6).toString('hex');
}
