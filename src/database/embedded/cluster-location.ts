// Locates the cluster and the log of a data folder, and the user they belong to: normally `<data folder>/postgresql`,
// or a system folder named by a pointer file if PostgreSQL's user cannot reach the data folder. Never changes the
// rights of a folder that it did not create.
import {
  access,
  constants,
  lchown,
  link,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { EmbeddedPostgresError, errorCode, folderError } from './embedded-error.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { chooseRunAs, type RunAs, runAsOwner } from './run-as.ts';
import { canUseFolder } from './run-program.ts';
import { makeEnterableFolder, makeTrustedFolder, randomName } from './trusted-folder.ts';

export type ClusterLocation = {
  dataDir: string;
  /** The folder that will contain `clusterDir`, on the same disk. */
  baseDir: string;
  clusterDir: string;
  logFile: string;
  pointerFile: string;
  isElsewhere: boolean;
  runAs: RunAs;
};

type Pointer = { clusterDir: string; initialized: boolean };

/** Finds the folders of this data folder, and creates missing ones; creates no cluster. */
export async function locateCluster(options: {
  dataDir: string;
  systemFolders: readonly string[];
  log: EmbeddedLog;
}): Promise<ClusterLocation> {
  const dataDir = await openDataFolder(options.dataDir);
  const pointerFile = join(dataDir, 'postgresql-location.json');
  const pointer = await readPointer(pointerFile);
  const here = describePlace(dataDir, dataDir, pointerFile);
  if (pointer !== undefined) {
    const there = describePlace(dataDir, join(pointer.clusterDir, '..'), pointerFile);
    return openElsewhere(there, pointer, options.log);
  }
  const existing = await ownerOf(here.clusterDir);
  if (existing !== undefined)
    return { ...here, runAs: await checkOwner(here.clusterDir, existing) };
  const runAs = chooseRunAs();
  if (await canBeGivenTo(dataDir, runAs)) return { ...here, runAs };
  return placeElsewhere({ ...options, dataDir, pointerFile, runAs });
}

/** Reads the major version that wrote the cluster; undefined if there is none yet. */
export async function readClusterVersion(clusterDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw folderError(clusterDir, error);
  }
}

/** Records in the pointer file that the cluster in the system folder now holds data. */
export async function markInitialized(location: ClusterLocation): Promise<void> {
  if (!location.isElsewhere) return;
  const temporary = `${location.pointerFile}.${randomName()}`;
  const pointer: Pointer = { clusterDir: location.clusterDir, initialized: true };
  await writeFile(temporary, `${JSON.stringify(pointer)}\n`, { mode: 0o600, flush: true });
  await rename(temporary, location.pointerFile);
}

/** Returns why this data folder has no cluster; null if it has one. Changes nothing. */
export async function whyNoCluster(dataDir: string): Promise<string | null> {
  const stats = await stat(dataDir).catch(() => undefined);
  if (stats === undefined) return 'it does not exist';
  if (!stats.isDirectory()) return 'it is not a folder';
  const pointer = await readPointer(join(dataDir, 'postgresql-location.json'));
  const clusterDir = pointer?.clusterDir ?? join(dataDir, 'postgresql');
  if ((await readClusterVersion(clusterDir)) !== undefined) return null;
  // A missing initialized cluster is an error of its own, with more details.
  return pointer?.initialized === true ? null : 'it holds no database';
}

/** Returns where the cluster of this data folder is or would be, without changing anything; for reports. */
export async function peekClusterDir(dataDir: string): Promise<string> {
  const pointer = await readPointer(join(dataDir, 'postgresql-location.json'));
  return pointer?.clusterDir ?? join(dataDir, 'postgresql');
}

function describePlace(
  dataDir: string,
  baseDir: string,
  pointerFile: string,
): Omit<ClusterLocation, 'runAs'> {
  return {
    dataDir,
    baseDir,
    pointerFile,
    clusterDir: join(baseDir, 'postgresql'),
    logFile: join(dataDir, 'postgresql.log'),
    isElsewhere: baseDir !== dataDir,
  };
}

/** Returns the real path of the data folder; creates it if missing. @throws EmbeddedPostgresError if it is unusable. */
export async function openDataFolder(dataDir: string): Promise<string> {
  if (!isAbsolute(dataDir)) {
    throw new EmbeddedPostgresError(
      'not_a_folder',
      `The data folder "${dataDir}" is not an absolute path: set PARLEY_DATA_DIR to one.`,
    );
  }
  try {
    // PostgreSQL's user must be able to pass through the folder, but not to list it.
    await makeEnterableFolder(dataDir, process.geteuid?.() === 0 ? 0o711 : 0o700);
    const path = await realpath(dataDir);
    await access(path, constants.W_OK | constants.X_OK);
    return path;
  } catch (error) {
    throw folderError(dataDir, error);
  }
}

async function readPointer(pointerFile: string): Promise<Pointer | undefined> {
  try {
    const pointer: unknown = JSON.parse(await readFile(pointerFile, 'utf8'));
    const { clusterDir, initialized } = pointer as Partial<Pointer>;
    if (typeof clusterDir !== 'string') throw new Error('it has no clusterDir');
    return { clusterDir, initialized: initialized === true };
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw folderError(pointerFile, error);
  }
}

async function ownerOf(folder: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(folder);
    // An empty folder is not a cluster; the rename replaces it, unless it is a mount point.
    const isEmpty = (await readdir(folder).catch(() => ['unreadable'])).length === 0;
    return isEmpty ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}

/** Returns the user of an existing cluster; gives back files that root restored by copying. */
async function checkOwner(clusterDir: string, owner: { uid: number; gid: number }): Promise<RunAs> {
  const ourUid = process.geteuid?.();
  if (ourUid === 0 && owner.uid === 0) {
    const runAs = chooseRunAs();
    await giveTo(clusterDir, runAs);
    return checkReachable(clusterDir, runAs);
  }
  if (ourUid !== undefined && ourUid !== 0 && owner.uid !== ourUid) {
    throw new EmbeddedPostgresError(
      'wrong_owner',
      `The cluster ${clusterDir} belongs to ${runAsOwner(owner).name}, Parley runs as uid ` +
        `${ourUid}: run Parley as that user or as root, or set PARLEY_DATA_DIR to another folder.`,
    );
  }
  return checkReachable(clusterDir, runAsOwner(owner));
}

async function checkReachable(clusterDir: string, runAs: RunAs): Promise<RunAs> {
  if (await canUseFolder(clusterDir, runAs, 'enter')) return runAs;
  throw new EmbeddedPostgresError(
    'not_reachable',
    `The user "${runAs.name}", who owns the cluster ${clusterDir}, cannot enter it: allow ` +
      'passing through the folders above it (chmod o+x), or run Parley as that user.',
  );
}

async function giveTo(path: string, runAs: RunAs): Promise<void> {
  await lchown(path, runAs.uid, runAs.gid);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await giveTo(child, runAs);
    else await lchown(child, runAs.uid, runAs.gid);
  }
}

/** Tests whether a folder created here and given to the user is writable for that user. */
async function canBeGivenTo(baseDir: string, runAs: RunAs): Promise<boolean> {
  if (!runAs.switched) return true;
  const probe = join(baseDir, `postgresql.init-${randomName()}`);
  try {
    await makeEnterableFolder(probe, 0o700);
    await lchown(probe, runAs.uid, runAs.gid);
    return await canUseFolder(probe, runAs, 'write');
  } catch {
    return false;
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function placeElsewhere(options: {
  dataDir: string;
  pointerFile: string;
  runAs: RunAs;
  systemFolders: readonly string[];
  log: EmbeddedLog;
}): Promise<ClusterLocation> {
  const { dataDir, pointerFile, runAs, systemFolders } = options;
  for (const folder of systemFolders) {
    if (!(await makeTrustedFolder(folder))) continue;
    const baseDir = join(folder, `data-${randomName()}`);
    await makeEnterableFolder(baseDir, 0o711);
    if (!(await canBeGivenTo(baseDir, runAs))) {
      await rm(baseDir, { recursive: true, force: true });
      continue;
    }
    const pointer = await claimPointer(pointerFile, join(baseDir, 'postgresql'));
    const there = describePlace(dataDir, join(pointer.clusterDir, '..'), pointerFile);
    if (there.baseDir !== baseDir) await rm(baseDir, { recursive: true, force: true });
    return openElsewhere(there, pointer, options.log);
  }
  // Not the temporary folder: it does not survive a reboot.
  throw new EmbeddedPostgresError(
    'not_reachable',
    `The user "${runAs.name}", whom PostgreSQL has to run as, can reach neither the data folder ` +
      `${dataDir} nor ${systemFolders.join(' nor ')}: set PARLEY_DATA_DIR to a folder that is ` +
      'not below a private one, or run Parley as an ordinary user.',
  );
}

/** Writes the pointer unless another process just did, and returns the valid one. */
async function claimPointer(pointerFile: string, clusterDir: string): Promise<Pointer> {
  const temporary = `${pointerFile}.${randomName()}`;
  const pointer: Pointer = { clusterDir, initialized: false };
  await writeFile(temporary, `${JSON.stringify(pointer)}\n`, { mode: 0o600, flush: true });
  try {
    await link(temporary, pointerFile);
    return pointer;
  } catch (error) {
    const other = await readPointer(pointerFile);
    if (other === undefined) throw folderError(pointerFile, error);
    return other;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function openElsewhere(
  place: Omit<ClusterLocation, 'runAs'>,
  pointer: Pointer,
  log: EmbeddedLog,
): Promise<ClusterLocation> {
  log(
    'warn',
    { clusterDir: place.clusterDir, pointerFile: place.pointerFile },
    `PostgreSQL's user cannot reach ${place.dataDir}: the database lies in ${place.clusterDir}, ` +
      'include that folder in backups and volumes.',
  );
  const owner = await ownerOf(place.clusterDir);
  if (owner !== undefined) {
    return { ...place, runAs: await checkOwner(place.clusterDir, owner) };
  }
  if (pointer.initialized) {
    throw new EmbeddedPostgresError(
      'cluster_missing',
      `The data folder ${place.dataDir} says that its database lies in ${place.clusterDir}, ` +
        'which is gone: bring that folder back (a container needs it on a volume), or delete ' +
        `${place.pointerFile} to begin with an empty database.`,
    );
  }
  await makeEnterableFolder(place.baseDir, 0o711);
  return { ...place, runAs: chooseRunAs() };
}
