// A disk of its own for Parley, small enough to be filled: a tmpfs in a mount namespace that ends with its processes,
// so that nothing is ever left mounted. Not everybody may make one.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const mount = 'mount -t tmpfs -o size=$1,mode=0711 none "$2" && shift 2 && exec "$@"';
/** An ordinary user is root only as long as it takes to mount, for PostgreSQL refuses root. */
const mountAsUser =
  'mount -t tmpfs -o size=$1,mode=0711 none "$2" && shift 2 && ' +
  'exec unshare -U --map-user=$PARENT_UID --map-group=$PARENT_GID -- "$@"';

/** The program and arguments that run another program with a small disk in a folder. */
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
  /** For launchParley. */
  readonly wrapper: readonly string[];
  /** A path of the disk as the process that has it sees it. */
  seenFrom(pid: number, path: string): string;
};

/** Prepares a small disk in a folder. @returns null where the operating system does not allow that. */
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

/** Fills the disk of a folder to the last byte. @returns what frees it again. */
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
