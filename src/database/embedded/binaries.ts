// Finds PostgreSQL programs that the chosen user can execute: those of the npm platform package in place, or a copy
// that the user can reach. Never downloads anything.
import { lstat, readFile, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { firstCharacters } from '../../base/characters.ts';
import { copyBinaries } from './binaries-copy.ts';
import { type BinaryPackage, findBinaryPackage } from './binary-package.ts';
import { EmbeddedPostgresError } from './embedded-error.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import type { RunAs } from './run-as.ts';
import { runProgram } from './run-program.ts';

export type Binaries = {
  postgres: string;
  initdb: string;
  pgCtl: string;
  nativeDir: string;
  version: string;
  major: string;
  copied: boolean;
};

const suffix = process.platform === 'win32' ? '.exe' : '';

/** Returns programs that this user can run, from the package or from a reachable copy. */
export async function resolveBinaries(options: {
  runAs: RunAs;
  systemFolders: readonly string[];
  log: EmbeddedLog;
  binaryPackage?: BinaryPackage;
}): Promise<Binaries> {
  const { runAs, log } = options;
  const source = options.binaryPackage ?? (await findBinaryPackage());
  const linked = await createMissingLinks(source.nativeDir);
  const inPlace = linked ? await tryBinaries(source.nativeDir, runAs, false) : 'a library link';
  if (typeof inPlace !== 'string') return inPlace;
  log(
    'info',
    { from: source.nativeDir, user: runAs.name, reason: inPlace },
    'The PostgreSQL programs cannot be run where they are installed, looking for another place.',
  );
  const failures = [`${source.nativeDir}: ${inPlace}`];
  for await (const place of copyBinaries({ source, folders: options.systemFolders, failures })) {
    await createMissingLinks(place);
    const copy = await tryBinaries(place, runAs, true);
    if (typeof copy === 'string') {
      failures.push(`${place}: ${copy}`);
      continue;
    }
    log('info', { to: place, user: runAs.name }, `PostgreSQL runs from its copy in ${place}.`);
    return copy;
  }
  throw new EmbeddedPostgresError(
    'no_binaries',
    `The user "${runAs.name}" cannot run the PostgreSQL programs (${failures.join('; ')}): ` +
      'on Alpine Linux and other systems without glibc set PARLEY_DATABASE_URL to a server of ' +
      'your own, elsewhere let that user reach one of these folders.',
  );
}

/** Returns the programs of this folder if `postgres --version` runs as this user, else the reason why not. */
export async function tryBinaries(
  nativeDir: string,
  runAs: RunAs,
  copied: boolean,
): Promise<Binaries | string> {
  const program = (name: string): string => join(nativeDir, 'bin', `${name}${suffix}`);
  const result = await runProgram(program('postgres'), ['--version'], { runAs });
  if (result.spawnError !== undefined) {
    if (result.spawnError.code !== 'EPERM' || !runAs.switched) return result.spawnError.message;
    return 'root may not switch users here (missing SETUID and SETGID), run Parley as another user';
  }
  const version = /\(PostgreSQL\) ((\d+)\S*)/.exec(result.output);
  if (!result.ok || version === null) {
    return firstCharacters(result.output.trim(), 300) || `exit code ${result.exitCode}`;
  }
  return {
    postgres: program('postgres'),
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    nativeDir,
    version: version[1]!,
    major: version[2]!,
    copied,
  };
}

/**
 * Creates the library links that npm packages cannot contain. The package's install script would do so, but install
 * scripts may be blocked. Returns false if the folder is not writable.
 */
async function createMissingLinks(nativeDir: string): Promise<boolean> {
  let links: { source: string; target: string }[];
  try {
    links = JSON.parse(await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return true; // Windows packages have none.
  }
  for (const link of links) {
    // A copy does not have the name `native`.
    const path = join(nativeDir, relative('native', link.target));
    try {
      await lstat(path);
    } catch {
      const created = await symlink(basename(link.source), path).then(
        () => true,
        (error) => error.code === 'EEXIST',
      );
      if (!created) return false;
    }
  }
  return true;
}
