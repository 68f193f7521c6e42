// Keeps a server's PostgreSQL alive and owned: when the connection with the ownership lock ends, it finds, restarts and
// locks the server again, with growing pauses, until it is stopped. Never throws; every event goes to the log.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedContext } from './context.ts';
import { errorMessage } from './embedded-error.ts';
import type { OwnershipLock } from './ownership.ts';
import { readLivePid } from './postmaster.ts';
import { takeServer } from './take-server.ts';

const folderWatchMs = 500;
const firstDelayMs = 200;
const longestDelayMs = 5_000;
/** A server that lived this long started properly: the next restart is immediate. */
const stableMs = 30_000;

export class Supervision {
  readonly #context: EmbeddedContext;
  readonly #ending = new AbortController();
  #lock: OwnershipLock;
  #recovery: Promise<void> = Promise.resolve();
  #attempts = 0;
  #takenAtMs = performance.now();

  constructor(context: EmbeddedContext, lock: OwnershipLock) {
    this.#context = context;
    this.#lock = lock;
    this.#watch(lock);
  }

  /** The lock while this process owns the server; otherwise undefined. */
  get lock(): OwnershipLock | undefined {
    return this.#lock.isHeld ? this.#lock : undefined;
  }

  /** Ends the supervision and waits for a restart in progress. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#recovery;
  }

  #watch(lock: OwnershipLock): void {
    const folderWatch = this.#watchFolder();
    lock.onEnd(() => {
      clearInterval(folderWatch);
      if (this.#ending.signal.aborted) return;
      const { log, location, purpose } = this.#context;
      log('error', { clusterDir: location.clusterDir }, 'The connection to PostgreSQL was lost.');
      // A command is short: its own queries report that the database is unavailable.
      if (purpose === 'serve') this.#recovery = this.#recover();
    });
  }

  /**
   * Watches for a deleted folder, in which PostgreSQL would go on for up to a minute and report commits that are lost.
   * Stops it at once, and does not start it again in an empty folder.
   */
  #watchFolder(): NodeJS.Timeout {
    const { log, location } = this.#context;
    const pid = readLivePid(location.clusterDir);
    const watch = setInterval(() => {
      if (this.#ending.signal.aborted || existsSync(join(location.clusterDir, 'PG_VERSION')))
        return;
      clearInterval(watch);
      this.#ending.abort();
      log(
        'error',
        { clusterDir: location.clusterDir },
        'The folder of PostgreSQL was deleted. Every request fails from now on; restore the folder and start again.',
      );
      if (pid !== undefined) endAtOnce(pid);
    }, folderWatchMs);
    return watch.unref();
  }

  async #recover(): Promise<void> {
    const { log, location } = this.#context;
    if (performance.now() - this.#takenAtMs > stableMs) this.#attempts = 0;
    while (!this.#ending.signal.aborted) {
      await this.#wait();
      this.#attempts += 1;
      try {
        const startMs = performance.now();
        const taken = await takeServer(this.#context, this.#ending.signal);
        if (taken.kind !== 'owner') continue; // Impossible: only a command becomes a guest.
        this.#takenAtMs = performance.now();
        this.#lock = taken.lock;
        const durationMs = Math.round(performance.now() - startMs);
        log('info', { clusterDir: location.clusterDir, durationMs }, 'PostgreSQL is back.');
        this.#watch(taken.lock);
        return;
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        const reason = errorMessage(error);
        log('error', { reason, attempt: this.#attempts }, 'PostgreSQL could not be restarted.');
      }
    }
  }

  async #wait(): Promise<void> {
    if (this.#attempts === 0) return;
    const delayMs = Math.min(firstDelayMs * 2 ** (this.#attempts - 1), longestDelayMs);
    // An abort only ends the pause early.
    await pause(delayMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It has already ended, or this user may not signal it: then it ends by itself within a minute.
  }
}
