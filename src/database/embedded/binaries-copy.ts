// Copies the PostgreSQL programs for a user that cannot reach the checkout: under a temporary name, then renamed, so a
// copy with its final name is complete. Only the current user can write to it. Callers decide whether a copy is needed.
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { BinaryPackage } from './binary-package.ts';
import { errorMessage } from './embedded-error.ts';
import {
  isTrustedFolder,
  makeTemporaryTrustedFolder,
  makeTrustedFolder,
  randomName,
} from './trusted-folder.ts';

const leftoverAgeMs = 60 * 60 * 1000;

/** Yields folders with a complete, trusted copy, best first; the caller tries each. */
export async function* copyBinaries(options: {
  source: BinaryPackage;
  folders: readonly string[];
  failures: string[];
}): AsyncGenerator<string> {
  const { source, folders, failures } = options;
  for (const folder of [...folders, 'temporary']) {
    const parent = folder === 'temporary' ? await makeTemporaryTrustedFolder() : folder;
    if (!(await makeTrustedFolder(parent))) {
      failures.push(`${parent}: cannot be created, or others than root may change it`);
      continue;
    }
    const place = join(parent, `postgresql-${source.version}-${process.arch}`);
    try {
      if (!(await isComplete(source.nativeDir, place))) {
        await copyInto(source.nativeDir, parent, place);
      }
    } catch (error) {
      failures.push(`${place}: ${errorMessage(error)}`);
      continue;
    }
    if (await isTrustedCopy(place)) yield place;
    else failures.push(`${place}: exists, but others than root may change it`);
  }
}

async function isTrustedCopy(place: string): Promise<boolean> {
  for (const folder of ['', 'bin', 'lib', 'share']) {
    if (!(await isTrustedFolder(join(place, folder)))) return false;
  }
  try {
    const { mode, uid } = await stat(join(place, 'bin', 'postgres'));
    return (mode & 0o022) === 0 && (uid === 0 || uid === process.geteuid?.());
  } catch {
    return false;
  }
}

/** Whether names and sizes equal the original: a power loss can empty files of a finished copy. */
async function isComplete(from: string, to: string): Promise<boolean> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      if (!(await isComplete(source, target))) return false;
    } else if (entry.isFile() && !isLeftOut(entry.name)) {
      const [original, copy] = await Promise.all([lstat(source), lstat(target).catch(() => null)]);
      if (copy === null || !copy.isFile() || copy.size !== original.size) return false;
    }
  }
  return true;
}

/** Whether a file is left out: only compilers need static libraries. */
function isLeftOut(name: string): boolean {
  return name.endsWith('.a');
}

async function copyInto(nativeDir: string, parent: string, place: string): Promise<void> {
  await removeLeftovers(parent);
  const temporary = join(parent, `.copying-${randomName()}`);
  try {
    await copyTree(nativeDir, temporary);
    await rename(place, `${temporary}-old`).catch(() => undefined); // There is rarely an old one.
    // Fails if another process was faster; its copy is just as good.
    await rename(temporary, place).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(`${temporary}-old`, { recursive: true, force: true });
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755 });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isFile() && !isLeftOut(entry.name)) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      const executable = ((await lstat(source)).mode & 0o111) !== 0;
      await chmod(target, executable ? 0o755 : 0o644);
    }
  }
}

/** Removes copies that were interrupted long ago; a recent one may still be in progress. */
async function removeLeftovers(parent: string): Promise<void> {
  const nowMs = performance.timeOrigin + performance.now();
  for (const name of await readdir(parent)) {
    if (!name.startsWith('.copying-')) continue;
    const path = join(parent, name);
    const changedMs = (await lstat(path).catch(() => undefined))?.mtimeMs ?? nowMs;
    if (nowMs - changedMs > leftoverAgeMs) await rm(path, { recursive: true, force: true });
  }
}
