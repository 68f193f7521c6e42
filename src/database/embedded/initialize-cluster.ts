// Creates a cluster: initdb works in a temporary folder beside the final one, and one rename puts the finished cluster
// in place. Never leaves an incomplete cluster in place, and never changes an existing one.
import { lchown, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { type ClusterLocation, markInitialized, readClusterVersion } from './cluster-location.ts';
import { newCredentials, writeCredentials } from './credentials.ts';
import { diskFull, EmbeddedPostgresError, errorCode, folderError } from './embedded-error.ts';
import { namelessUser } from './run-as.ts';
import { runProgram } from './run-program.ts';
import { randomName } from './trusted-folder.ts';

const temporaryPrefix = 'postgresql.init-';

/** Creates the cluster, unless another process puts one in place first. */
export async function initializeCluster(
  location: ClusterLocation,
  binaries: Binaries,
): Promise<'created' | 'already_there'> {
  const workDir = join(location.baseDir, `${temporaryPrefix}${randomName()}`);
  try {
    await assertNotForeign(location.clusterDir);
    await makeCluster(workDir, location, binaries);
    await rename(join(workDir, 'data'), location.clusterDir);
    await syncFolder(location.baseDir);
    await markInitialized(location);
    return 'created';
  } catch (error) {
    // The faster process also removes this temporary folder, so any error may mean just that.
    if ((await readClusterVersion(location.clusterDir)) !== undefined) return 'already_there';
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') {
      throw new EmbeddedPostgresError(
        'not_a_cluster',
        `The folder ${location.clusterDir} holds files but is not a PostgreSQL cluster: ` +
          'move it away, or set PARLEY_DATA_DIR to another folder.',
        { cause: error },
      );
    }
    throw folderError(location.dataDir, error);
  } finally {
    await rm(workDir, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Fails early, before the second that initdb takes, where the rename would fail in the end. */
async function assertNotForeign(clusterDir: string): Promise<void> {
  const names = await readdir(clusterDir).catch(() => []);
  if (names.length > 0) throw Object.assign(new Error('not empty'), { code: 'ENOTEMPTY' });
}

/** Removes leftovers of killed or slower processes; only for the owner of the cluster in place. */
export async function removeUnfinishedClusters(location: ClusterLocation): Promise<void> {
  for (const name of await readdir(location.baseDir).catch(() => [])) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const path = join(location.baseDir, name);
    // An initdb that outlived its Parley may still write there; the next owner removes it.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function makeCluster(
  workDir: string,
  location: ClusterLocation,
  binaries: Binaries,
): Promise<void> {
  const { runAs } = location;
  const clusterDir = join(workDir, 'data');
  const passwordFile = join(workDir, 'password');
  const credentials = newCredentials();
  await mkdir(workDir, { mode: 0o700 });
  await writeFile(passwordFile, credentials.superuserPassword, { mode: 0o600 });
  if (runAs.switched) {
    await lchown(passwordFile, runAs.uid, runAs.gid);
    await lchown(workDir, runAs.uid, runAs.gid);
  }
  const result = await runProgram(
    binaries.initdb,
    [
      ...['-D', clusterDir, '--username=postgres', `--pwfile=${passwordFile}`],
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--data-checksums', '--no-instructions'],
      // The built-in locale sorts by code point on every machine, and no system update changes that order.
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    ],
    { runAs },
  );
  if (!result.ok) throw initdbError(location.dataDir, result.output, result.spawnError);
  await writeCredentials(clusterDir, credentials, runAs);
  await syncFolder(clusterDir);
}

/** Explains a failed initdb by its output. */
export function initdbError(
  folder: string,
  output: string,
  cause?: unknown,
): EmbeddedPostgresError {
  if (/No space left on device|Disk quota exceeded/.test(output)) return diskFull(folder, output);
  // `docker run --user 12345`: only initdb needs the name; an existing cluster does not.
  const [, uid] = /could not look up effective user ID (\d+)/.exec(output) ?? [];
  if (uid !== undefined) return namelessUser(uid);
  const lastLines = output.trim().split('\n').slice(-8).join('\n');
  return new EmbeddedPostgresError(
    'start_failed',
    `The PostgreSQL cluster in ${folder} could not be created, see what initdb said: ` +
      `${lastLines || String(cause ?? 'nothing')}`,
    { cause },
  );
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open folders.
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
