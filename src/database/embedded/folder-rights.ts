// Checks who may write to the data folder, and sets the rights of the cluster that PostgreSQL requires: only its owner
// may enter (0700, or 0750). Never changes the rights of a folder that Parley did not create.
import { chmod, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedPostgresError, folderError } from './embedded-error.ts';

const groupWritable = 0o020;
const otherWritable = 0o002;
const sticky = 0o1000;
const setGroupId = 0o2000;
/** The rights with which PostgreSQL does not start. */
const tooOpen = 0o027;

/**
 * Describes which users besides root and the current one may change the data folder, and what to do about it; null if
 * there are none. Checks the parent folders too, since a folder can be swapped there.
 */
export async function describeOtherWriters(dataDir: string): Promise<string | null> {
  const ourUid = process.geteuid?.();
  if (ourUid === undefined) return null; // Windows has other rights.
  const own = await stat(dataDir).catch(() => undefined);
  if (own !== undefined) {
    if (own.uid !== 0 && own.uid !== ourUid) {
      return sentence(dataDir, `belongs to uid ${own.uid}`, `chown ${ourUid} ${dataDir}`);
    }
    if ((own.mode & otherWritable) !== 0) {
      const who = `may be written by every user (mode ${octal(own.mode)})`;
      return sentence(dataDir, who, `chmod go-w ${dataDir}`);
    }
    if ((own.mode & groupWritable) !== 0 && !isVolumeOfPod(own, ourUid)) {
      const who = `may be written by group ${own.gid} (mode ${octal(own.mode)})`;
      return sentence(dataDir, who, `chmod g-w ${dataDir}`);
    }
  }
  return describeSwappers(dirname(dataDir), dataDir);
}

/** Whether Kubernetes prepared the folder as a volume of the pod (`fsGroup`): a group of its own, kept by setgid. */
function isVolumeOfPod({ mode, gid }: { mode: number; gid: number }, ourUid: number): boolean {
  if (ourUid === 0 || (mode & setGroupId) === 0) return false;
  return gid === process.getegid?.() || (process.getgroups?.() ?? []).includes(gid);
}

/** Describes a world-writable parent. Group rights do not count: private home folders are often group-writable. */
async function describeSwappers(folder: string, dataDir: string): Promise<string | null> {
  const { mode } = await stat(folder).catch(() => ({ mode: 0 }));
  if ((mode & otherWritable) !== 0 && (mode & sticky) === 0) {
    const who = `lies in ${folder}, where every user may rename it (mode ${octal(mode)})`;
    return sentence(dataDir, who, `chmod o-w ${folder}`);
  }
  const parent = dirname(folder);
  return parent === folder ? null : describeSwappers(parent, dataDir);
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

const sentence = (dataDir: string, who: string, command: string): string =>
  `The data folder ${dataDir} ${who}, so others than Parley could replace its database ` +
  'and its key: ' +
  `\`${command}\`, or set PARLEY_DATA_DIR to a folder of Parley's own.`;

/**
 * Removes rights with which PostgreSQL does not start: Kubernetes makes everything on a volume group-writable whenever
 * a pod with `fsGroup` starts.
 * @returns whether anything was changed.
 */
export async function closeCluster(clusterDir: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  try {
    const { mode } = await stat(clusterDir);
    if ((mode & tooOpen) === 0) return false;
    await chmod(clusterDir, mode & 0o7700);
    if (((await stat(clusterDir)).mode & tooOpen) === 0) return true;
  } catch (error) {
    throw folderError(clusterDir, error);
  }
  throw new EmbeddedPostgresError(
    'not_writable',
    `The file system below ${clusterDir} makes every file world-writable and ignores other rights, and ` +
      'PostgreSQL does not start in such a folder: set PARLEY_DATA_DIR to a disk with Unix permissions (no SMB or FAT mount), or set PARLEY_DATABASE_URL.',
  );
}
