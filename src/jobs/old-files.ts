// Removes files that no part has: uploads that were never used, and files of removed parts, with their bytes. Every
// server does; each skips rows that another one removes.

import { Alarm } from '../base/alarm.ts';
import { steadyClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import type { FileStore } from '../files/file-store.ts';
import {
  claimRemovableFiles,
  deleteFileRow,
  type RemovableFile,
} from '../store/resources/files.ts';

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
  readonly #alarm = new Alarm(steadyClock);
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(options: OldFilesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { intervalMs = 10_000 } = this.#options;
    while (!this.#isStopping) {
      const hasMore = await this.removeBatch();
      await this.#alarm.sleepUntil(steadyClock() + (hasMore ? BATCH_GAP_MS : intervalMs));
    }
  }

  /** Removes some files. @returns whether there may be more. */
  async removeBatch(): Promise<boolean> {
    const { pool, log } = this.#options;
    try {
      const files = await claimRemovableFiles(pool, BATCH_MAX);
      for (const file of files) await this.#remove(file);
      return files.length > 0;
    } catch (error) {
      log.warn({ err: error }, 'files.not_removed');
      return false;
    }
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
