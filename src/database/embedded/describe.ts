// The report about an embedded PostgreSQL for `parley doctor`: where everything is and which user runs it. Creates,
// copies, starts and stops nothing, and never throws.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tryBinaries } from './binaries.ts';
import { findBinaryPackage } from './binary-package.ts';
import { peekClusterDir, readClusterVersion } from './cluster-location.ts';
import { errorMessage } from './embedded-error.ts';
import { findPostmaster } from './postmaster.ts';
import { chooseRunAs, hasName, namelessUser, type RunAs, runAsOwner } from './run-as.ts';

export type EmbeddedReport = {
  dataDir: string;
  clusterDir: string;
  /** The major version that wrote the cluster; undefined before the first start. */
  clusterVersion: string | undefined;
  logFile: string;
  /** The user that PostgreSQL runs as. */
  user: string | undefined;
  binaryPackage: string | undefined;
  binariesDir: string | undefined;
  /** The reason why PostgreSQL's user cannot run the programs in place; a copy is then used. */
  notRunnableInPlace: string | undefined;
  version: string | undefined;
  runningPid: number | undefined;
  /** Sentences about problems that prevent a start. */
  problems: string[];
};

/** Describes where the programs, the cluster and the log of a data folder are. */
export async function describeEmbedded(dataDir: string): Promise<EmbeddedReport> {
  const problems: string[] = [];
  const note = (error: unknown): undefined => {
    problems.push(errorMessage(error));
    return undefined;
  };
  const clusterDir = await peekClusterDir(dataDir).catch((error) => {
    note(error);
    return join(dataDir, 'postgresql');
  });
  const clusterVersion = await readClusterVersion(clusterDir).catch(note);
  const runAs = findUser(clusterDir, note);
  const source = await findBinaryPackage().catch(note);
  const binaries =
    source && runAs ? await tryBinaries(source.nativeDir, runAs, false).catch(note) : undefined;
  const isRunnable = binaries !== undefined && typeof binaries !== 'string';
  if (isRunnable && clusterVersion !== undefined && clusterVersion !== binaries.major) {
    problems.push(
      `The cluster is of PostgreSQL ${clusterVersion}, the programs are ${binaries.version}.`,
    );
  }
  if (clusterVersion === undefined && runAs?.switched === false && !hasName()) {
    problems.push(namelessUser(runAs.uid).message);
  }
  const running = runAs && (await findPostmaster(clusterDir, runAs).catch(note));
  return {
    dataDir,
    clusterDir,
    clusterVersion,
    logFile: join(dataDir, 'postgresql.log'),
    user: runAs?.name,
    binaryPackage: source && `${source.name}@${source.version}`,
    binariesDir: source?.nativeDir,
    notRunnableInPlace: typeof binaries === 'string' ? binaries : undefined,
    version: isRunnable ? binaries.version : undefined,
    runningPid: running?.pid,
    problems,
  };
}

function findUser(clusterDir: string, note: (error: unknown) => undefined): RunAs | undefined {
  try {
    if (!existsSync(clusterDir)) return chooseRunAs();
    const owner = statSync(clusterDir);
    return owner.uid === 0 ? chooseRunAs() : runAsOwner(owner);
  } catch (error) {
    return note(error);
  }
}
