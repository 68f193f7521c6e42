// The mark of a restore in a data folder: set before anything is created, until the database has a mark of its own
// (store/backup/unfinished-restore.ts), so that leftovers of a killed restore are never taken for a new Parley.

import { readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { openDataFolder, whyNoCluster } from './embedded/embedded.ts';

const MARK_FILE = 'unfinished-restore.json';

/** A restore was interrupted, or is still running. */
export class RestoreUnfinished extends Error {
  override readonly name = 'RestoreUnfinished';
  /** A code, like those of PostgreSQL and the operating system: the error is no bug. */
  readonly code = 'PARLEY_RESTORE_UNFINISHED';
}

export type RestoreMark = {
  /** Removes the mark, once the database has its own. */
  end(): Promise<void>;
  /** Undoes this call after the restore was rejected; an earlier mark stays. */
  undo(): Promise<void>;
};

/** Marks a data folder without a database. A folder with a database and no mark stays as it is. */
export async function markRestore(dataDir: string, file: string): Promise<RestoreMark> {
  const path = join(dataDir, MARK_FILE);
  const isMarked = (await stat(path).catch(() => null)) !== null;
  if (!isMarked && (await whyNoCluster(dataDir)) === null) {
    return { end: async () => {}, undo: async () => {} };
  }
  const isNew = (await stat(dataDir).catch(() => null)) === null;
  await openDataFolder(dataDir);
  const draft = `${path}.${process.pid}`;
  const mark = { file, started_at: new Date(systemClock()).toISOString() };
  await writeFile(draft, `${JSON.stringify(mark)}\n`, { mode: 0o600, flush: true });
  await rename(draft, path);
  const end = () => rm(path, { force: true });
  return {
    end,
    async undo() {
      if (isMarked) return;
      await end();
      if (isNew) await rmdir(dataDir).catch(() => {});
    },
  };
}

/** Checks that there is no mark. @throws RestoreUnfinished. */
export async function assertNoRestoreMark(dataDir: string): Promise<void> {
  const unfinished = await describeMark(dataDir);
  if (unfinished !== null) throw new RestoreUnfinished(unfinished);
}

/** Describes a mark and what to do about it; null if there is none. */
export async function describeMark(dataDir: string): Promise<string | null> {
  const path = join(dataDir, MARK_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' || error.code === 'ENOTDIR' ? null : '',
  );
  if (text === null) return null;
  return (
    `a restore of ${readMark(text)} and has not ended: nothing of it is there yet. If it is not running any ` +
    `more, run \`parley restore\` again; or delete ${path} to begin with an empty Parley.`
  );
}

function readMark(text: string): string {
  try {
    const { file, started_at: startedAt } = JSON.parse(text);
    return `${file} into this data folder began at ${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  } catch {
    return 'a backup into this data folder began';
  }
}
