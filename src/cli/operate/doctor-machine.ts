// The checks of `parley doctor` that need no database: Node, the data folder, the embedded PostgreSQL, the disk.
// Creates, starts and changes nothing.

import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Config, unknownSettings } from '../../config.ts';
import {
  describeEmbedded,
  describeOtherWriters,
  type EmbeddedReport,
} from '../../database/embedded/embedded.ts';
import { describeMark } from '../../database/restore-mark.ts';
import { folderOf, openFileStores } from '../../files/open-files.ts';
import { bad, type Check, doubtful, good } from './doctor-check.ts';

const NODE_MAJOR_MIN = 24;
const MIB = 1024 * 1024;
/** PostgreSQL stops when the disk is full; its write-ahead log alone needs this much. */
const FREE_MIB_MIN = 200;
const FREE_MIB_WANTED = 2048;

export function checkNode(version: string): Check {
  const isNew = Number(version.split('.')[0]) >= NODE_MAJOR_MIN;
  const seen = `${version}, ${process.execPath}`;
  return isNew ? good('node', seen) : bad('node', seen, `Install Node ${NODE_MAJOR_MIN} or newer.`);
}

export function checkSettingNames(environment: NodeJS.ProcessEnv): Check {
  const unknown = unknownSettings(environment);
  return unknown.length === 0
    ? good('settings', 'all valid; `parley config` shows them')
    : doubtful(
        'settings',
        `ignored, not settings of Parley: ${unknown.join(', ')}`,
        'Correct their names: `parley config` lists the settings.',
      );
}

/** Checks the place of the files of conversations. */
export async function checkFiles(config: Config): Promise<Check> {
  const { filesBucket, filesEndpoint } = config;
  const trouble = await openFileStores(config).store.check();
  if (filesBucket === undefined) {
    return trouble === null
      ? good('files', `in ${folderOf(config)}`)
      : bad('files', trouble, 'Let the user of Parley write there, or set PARLEY_FILES_DIR.');
  }
  return trouble === null
    ? good('files', `in the bucket ${filesBucket} of ${filesEndpoint ?? 'Amazon S3'}`)
    : bad('files', trouble, 'Correct the settings PARLEY_FILES_…: `parley config` shows them.');
}

/** Checks the data folder and its content. @returns the checks, and whether there is a cluster to check. */
export async function checkEmbedded(
  config: Config,
): Promise<{ readonly checks: readonly Check[]; readonly hasCluster: boolean }> {
  const report = await describeEmbedded(config.dataDir);
  const unfinished = await describeMark(config.dataDir);
  const hasCluster = report.clusterVersion !== undefined && unfinished === null;
  const checks = [await checkDataFolder(config.dataDir), ...checkPlaces(report)];
  if (unfinished !== null) {
    checks.push(bad('restore', unfinished, 'Run `parley restore` again.'));
  } else if (!hasCluster && report.problems.length === 0) {
    checks.push(
      doubtful(
        'database',
        'none yet in this data folder',
        'This is normal before the first start: `parley serve` creates one. If a server has run already, set ' +
          'PARLEY_DATA_DIR or PARLEY_DATABASE_URL as for that server.',
      ),
    );
  }
  checks.push(checkDisk(hasCluster ? report.clusterDir : config.dataDir));
  return { checks, hasCluster };
}

async function checkDataFolder(dataDir: string): Promise<Check> {
  const folder = nearestExisting(dataDir);
  try {
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
    const seen =
      folder === dataDir ? 'writable' : `does not exist yet, can be created in ${folder}`;
    const otherWriters = await describeOtherWriters(dataDir);
    if (otherWriters === null) return good('data folder', `${dataDir}: ${seen}`);
    const [what = '', todo = ''] = otherWriters.split(/: (?=`)/);
    return doubtful('data folder', what, todo);
  } catch (error) {
    return bad(
      'data folder',
      `${dataDir} is not writable: ${(error as Error).message}`,
      'Give the user that runs Parley write access, or set PARLEY_DATA_DIR.',
    );
  }
}

function checkPlaces(report: EmbeddedReport): Check[] {
  const { binaryPackage, binariesDir, version, user, clusterDir, clusterVersion, runningPid } =
    report;
  const state = runningPid === undefined ? 'not running' : `running as pid ${runningPid}`;
  const made = clusterVersion === undefined ? 'not created yet' : `PostgreSQL ${clusterVersion}`;
  const copied = report.notRunnableInPlace === undefined ? '' : '; runs from a copy elsewhere';
  return [
    ...(binaryPackage === undefined
      ? []
      : [
          good(
            'programs',
            `PostgreSQL ${version ?? ''} in ${binariesDir} (${binaryPackage})${copied}`,
          ),
        ]),
    ...(user === undefined
      ? []
      : [good('cluster', `${clusterDir}: ${made}, user "${user}", ${state}`)]),
    good('log of PostgreSQL', report.logFile),
    ...report.problems.map((problem) =>
      bad('embedded', problem, 'Fix that, or set PARLEY_DATABASE_URL to a server of your own.'),
    ),
  ];
}

function checkDisk(folder: string): Check {
  const { bavail, bsize } = statfsSync(nearestExisting(folder));
  const freeMib = Math.floor((bavail * bsize) / MIB);
  const seen = `${freeMib} MiB free for ${folder}`;
  if (freeMib >= FREE_MIB_WANTED) return good('disk', seen);
  const todo = 'Free some space, or move the data folder to a larger disk.';
  return freeMib < FREE_MIB_MIN ? bad('disk', seen, todo) : doubtful('disk', seen, todo);
}

function nearestExisting(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestExisting(parent);
}
