// Removes files that no part has: uploads that were never used, and files of removed parts, with their bytes. Every
// server does; each skips rows that another one removes.

import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import type { FileStore } from '../files/file-store.ts';
import {
  claimRemovableFiles,
  deleteFileRow,
  type RemovableFile,
} from '../store/resources/files.ts';
import { RepeatedWork } from './repeated-work.ts';

const BATCH_MAX = 50;
const BATCH_GAP_MS = 100;

export type OldFilesOptions = {
  /** A pool that sees all workspaces. */
  readonly pool: Pool;
  readonly log: Log;
  readonly stores: ReadonlyMap<string, FileStore>;
  /** The pause after a look that found nothing. */
  readonly intervalMs?: number;
};

export class OldFiles {
  readonly #options: OldFilesOptions;
  readonly #loop: RepeatedWork;

  constructor(options: OldFilesOptions) {
    this.#options = options;
    this.#loop = new RepeatedWork({
      work: () => this.removeBatch(),
      onError: (error) => options.log.warn({ err: error }, 'files.not_removed'),
      busyPauseMs: BATCH_GAP_MS,
      idlePauseMs: options.intervalMs ?? 10_000,
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Removes some files. @returns whether there may be more. */
  async removeBatch(): Promise<boolean> {
    const files = await claimRemovableFiles(this.#options.pool, BATCH_MAX);
    for (const file of files) await this.#remove(file);
    return files.length > 0;
  }

  /** Removes the bytes, then the row: if the first fails, the row is due again when its lease ends. */
  async #remove(file: RemovableFile): Promise<void> {
    const { pool, log, stores } = this.#options;
    const store = stores.get(file.place);
    if (store === undefined) {
      log.warn({ place: file.place, workspaceId: file.workspaceId }, 'files.store_missing');
      return;
    }
    try {
      await store.remove(file);
      await deleteFileRow(pool, file);
    } catch (error) {
      log.warn({ err: error, workspaceId: file.workspaceId }, 'files.not_removed');
    }
  }
}
