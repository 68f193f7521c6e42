// Repeats a piece of work in the background until it is stopped: soon again while there is more to do, and after a
// longer pause when there is not or it failed. Knows nothing about the work.

import { Alarm } from '../base/alarm.ts';
import { steadyClock } from '../base/clock.ts';

export type RepeatedWorkOptions = {
  /** Does some of the work. @returns whether there is more. */
  readonly work: () => Promise<boolean>;
  readonly onError: (error: unknown) => void;
  /** The pause while there is more; it may depend on how long the work took. */
  readonly busyPauseMs: number | ((workMs: number) => number);
  readonly idlePauseMs: number;
};

export class RepeatedWork {
  readonly #options: RepeatedWorkOptions;
  readonly #alarm = new Alarm(steadyClock);
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(options: RepeatedWorkOptions) {
    this.#options = options;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Waits for the work in flight, and begins no more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { work, onError, busyPauseMs, idlePauseMs } = this.#options;
    while (!this.#isStopping) {
      const beganMs = steadyClock();
      const hasMore = await work().catch((error: unknown) => {
        onError(error);
        return false;
      });
      const endedMs = steadyClock();
      const busyMs = typeof busyPauseMs === 'number' ? busyPauseMs : busyPauseMs(endedMs - beganMs);
      await this.#alarm.sleepUntil(endedMs + (hasMore ? busyMs : idlePauseMs));
    }
  }
}
