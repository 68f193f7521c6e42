// Gives Parley a disk small enough to fill: a tmpfs in a mount namespace, which ends with its processes. Needs a Linux
// that allows unprivileged namespaces, or root.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const mount = 'mount -t tmpfs -o size=$1,mode=0711 none "$2" && shift 2 && exec "$@"';
/** Makes an ordinary user root only for the mount, since PostgreSQL does not run as root. */
const mountAsUser =
  'mount -t tmpfs -o size=$1,mode=0711 none "$2" && shift 2 && ' +
  'exec unshare -U --map-user=$PARENT_UID --map-group=$PARENT_GID -- "$@"';

/** Builds the command that runs another one with a small disk in a folder. */
function wrapperFor(folder: string, size: string): string[] {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  if (uid === 0) return ['unshare', '-m', 'sh', '-c', mount, 'sh', size, folder];
  const script = mountAsUser
    .replace('$PARENT_UID', String(uid))
    .replace('$PARENT_GID', String(gid));
  return ['unshare', '-Urm', 'sh', '-c', script, 'sh', size, folder];
}

export type SmallDisk = {
  /** The `wrapper` of launchParley(). */
  readonly wrapper: readonly string[];
  /** The path, from outside, of a file on the disk of a process. */
  seenFrom(pid: number, path: string): string;
};

/** Prepares a small disk in a folder. @returns null where the operating system does not allow it. */
export function prepareSmallDisk(folder: string, size: string): SmallDisk | null {
  if (process.platform !== 'linux') return null;
  mkdirSync(folder, { recursive: true });
  const [command, ...rest] = [...wrapperFor(folder, size), 'true'];
  if (spawnSync(command!, rest, { stdio: 'ignore' }).status !== 0) return null;
  return {
    wrapper: wrapperFor(folder, size),
    seenFrom: (pid, path) => join(`/proc/${pid}/root`, path),
  };
}

const block = Buffer.alloc(64 * 1024);

/** Fills the disk of a folder to the last byte. @returns a function that frees it again. */
export function fillDisk(folder: string): () => void {
  const file = join(folder, 'ballast');
  const fd = openSync(file, 'a');
  for (let size = block.length; size >= 1; ) {
    try {
      writeSync(fd, block, 0, size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      size = Math.floor(size / 2);
    }
  }
  closeSync(fd);
  return () => rmSync(file);
}
