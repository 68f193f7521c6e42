// Owns the creation of a cluster: initdb works in a temporary folder beside the final place, and
// one rename puts the finished cluster there. Never leaves a half-made cluster in place, and never
// touches an existing one.
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

/** Creates the cluster, unless another process puts one in place first: then that one counts. */
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
    // The faster process also clears our temporary folder away, so any error may mean just that.
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

/** Fails like the rename would in the end, before a second is spent on initdb. */
async function assertNotForeign(clusterDir: string): Promise<void> {
  const names = await readdir(clusterDir).catch(() => []);
  if (names.length > 0) throw Object.assign(new Error('not empty'), { code: 'ENOTEMPTY' });
}

/** Removes what killed or slower processes left; only for the owner of the cluster in place. */
export async function removeUnfinishedClusters(location: ClusterLocation): Promise<void> {
  for (const name of await readdir(location.baseDir).catch(() => [])) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const path = join(location.baseDir, name);
    // An initdb that outlived its Parley may still write there; then the next owner removes it.
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
      // Built in: sorts by code point on every machine, and no system update changes that order.
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    ],
    { runAs },
  );
  if (!result.ok) throw initdbError(location.dataDir, result.output, result.spawnError);
  await writeCredentials(clusterDir, credentials, runAs);
  await syncFolder(clusterDir);
}

/** What a failed initdb means, judged by what it printed. */
export function initdbError(
  folder: string,
  output: string,
  cause?: unknown,
): EmbeddedPostgresError {
  if (/No space left on device|Disk quota exceeded/.test(output)) return diskFull(folder, output);
  // `docker run --user 12345`: only initdb asks for the name, a cluster that is there needs none.
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
  if (process.platform === 'win32') return; // Folders cannot be opened there.
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
