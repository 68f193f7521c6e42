// Owns keeping a server's PostgreSQL alive and owned: when the connection that carries the
// ownership ends, it finds, restarts and locks the server again, with growing pauses, until told
// to stop.
// Never throws into the process; every event goes to the log.
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedContext } from './context.ts';
import { errorMessage } from './embedded-error.ts';
import type { OwnershipLock } from './ownership.ts';
import { takeServer } from './take-server.ts';

const firstDelayMs = 200;
const longestDelayMs = 5_000;
/** A server that lived this long did not die of its start: the next restart is immediate. */
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

  /** The lock while this process owns the server, otherwise undefined. */
  get lock(): OwnershipLock | undefined {
    return this.#lock.isHeld ? this.#lock : undefined;
  }

  /** Ends the watch and waits for a restart that is under way. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#recovery;
  }

  #watch(lock: OwnershipLock): void {
    lock.onEnd(() => {
      if (this.#ending.signal.aborted) return;
      const { log, location, purpose } = this.#context;
      log('error', { clusterDir: location.clusterDir }, 'The connection to PostgreSQL was lost.');
      // A command is over soon: its own queries tell that the database is gone.
      if (purpose === 'serve') this.#recovery = this.#recover();
    });
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
        if (taken.kind !== 'owner') continue; // Cannot be: only a command becomes a guest.
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
    // Aborting ends the pause early, which is no error here.
    await pause(delayMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}
