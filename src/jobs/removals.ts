// Removes the personal data of deleted contacts, and conversations that are to go, in small steps with pauses, so that
// no request waits for it. Every step may be repeated: a server that dies leaves nothing half done for good, because
// another one takes over when its lease ends. What each step removes is in store/removal/.

import { setTimeout as pause } from 'node:timers/promises';
import { steadyClock } from '../base/clock.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import { limits } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { claimErasures, type Erasure, moveErasure } from '../store/removal/erasures.ts';
import { noteConversations } from '../store/removal/find-conversations.ts';
import {
  claimRemovals,
  finishRemoval,
  noteContentRemoved,
  postponeRemoval,
  type Removal,
  removeContent,
  removeLog,
} from '../store/removal/remove-conversation.ts';
import {
  blankAudit,
  blankResponses,
  hasRemovals,
  removeEventIds,
  removeFormerKeys,
  removeOldGuards,
  removeRows,
} from '../store/removal/remove-person.ts';
import type { RemovalPace } from './removal-pace.ts';
import { RepeatedWork } from './repeated-work.ts';

export type RemovalsDependencies = {
  /** A pool that sees all workspaces. */
  readonly pool: Pool;
  readonly log: Log;
  /** The pace of removals for age; those of deleted contacts are urgent. */
  readonly pace: RemovalPace;
  /** How often it looks for work. */
  readonly idlePauseMs?: number;
};

/** Rows and conversations of one statement. */
const ROWS_MAX = 500;
const CONVERSATIONS_MAX = 50;
/** Removals leased at once. */
const CLAIMED_MAX = 10;
const LEASE_MS = 60_000;
const STEP_PAUSE_MS = 10;
const IDLE_MS = 5_000;
/** How often a removal looks whether its events are delivered. */
const WAIT_MS = 5_000;

/** Whether a conversation goes for its age, and not with a deleted contact. */
const isForAge = ({ contactId }: Removal): boolean => contactId === '';

export class Removals {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #pace: RemovalPace;
  readonly #loop: RepeatedWork;
  readonly #stopping = new AbortController();

  constructor({ pool, log, pace, idlePauseMs = IDLE_MS }: RemovalsDependencies) {
    this.#pool = pool;
    this.#log = log;
    this.#pace = pace;
    this.#loop = new RepeatedWork({
      work: () => this.#work(),
      onError: (error) => log.warn({ err: error }, 'removals.interrupted'),
      busyPauseMs: STEP_PAUSE_MS,
      idlePauseMs,
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#loop.stop();
  }

  /** Does what is due. @returns whether more may be due. */
  async #work(): Promise<boolean> {
    const pool = this.#pool;
    const erasures = await claimErasures(pool, LEASE_MS, CLAIMED_MAX);
    for (const erasure of erasures) await this.#erase(erasure);
    const patienceMs = limits.removalPatienceMs;
    const removals = await claimRemovals(pool, LEASE_MS, patienceMs, CLAIMED_MAX);
    for (const removal of removals) {
      const beganMs = steadyClock();
      await this.#remove(removal);
      if (isForAge(removal)) await this.#rest(this.#pace.restMs(steadyClock() - beganMs));
    }
    await removeOldGuards(pool, limits.emailGuardKeptMs, ROWS_MAX);
    return erasures.length + removals.length > 0;
  }

  /** Takes an erasure to its next stage. */
  async #erase(erasure: Erasure): Promise<void> {
    const pool = this.#pool;
    if (this.#loop.isStopping) return moveErasure(pool, erasure, erasure.stage);
    passFaultPoint(`erase_${erasure.stage}`);
    switch (erasure.stage) {
      case 'conversations':
        // While the conversations are there, by which responses are found that do not name the contact.
        await this.#page((after) => blankResponses(pool, erasure, after, ROWS_MAX));
        await this.#page((after) => noteConversations(pool, erasure, after, CONVERSATIONS_MAX));
        await removeFormerKeys(pool, erasure);
        return moveErasure(pool, erasure, 'person');
      case 'person':
        await this.#repeat(async () => (await removeRows(pool, erasure, ROWS_MAX)) >= ROWS_MAX);
        await blankAudit(pool, erasure);
        await this.#page((after) => blankResponses(pool, erasure, after, ROWS_MAX));
        return moveErasure(pool, erasure, 'events');
      case 'events': {
        if (await hasRemovals(pool, erasure)) {
          return moveErasure(pool, erasure, 'events', { delayMs: WAIT_MS });
        }
        const { workspaceId, contactId } = erasure;
        this.#log.info({ workspaceId, contactId }, 'contact.erased');
        return moveErasure(pool, erasure, 'keys', { sinceRequestMs: limits.idempotencyKeptMs });
      }
      default:
        await this.#repeat(async () => (await removeEventIds(pool, erasure, ROWS_MAX)) >= ROWS_MAX);
        return moveErasure(pool, erasure, 'done');
    }
  }

  async #remove(removal: Removal): Promise<void> {
    const pool = this.#pool;
    if (this.#loop.isStopping) return postponeRemoval(pool, removal, 0);
    const rest = isForAge(removal) ? (workMs: number) => this.#pace.restMs(workMs) : undefined;
    if (removal.hasContent) {
      passFaultPoint('remove_content');
      await this.#repeat(() => removeContent(pool, removal, ROWS_MAX), rest);
      await noteContentRemoved(pool, removal);
    }
    passFaultPoint('remove_log');
    let state: Awaited<ReturnType<typeof removeLog>> = 'done';
    await this.#repeat(async () => {
      state = await removeLog(pool, removal, ROWS_MAX);
      return state === 'more';
    }, rest);
    if (state === 'done') return finishRemoval(pool, removal);
    await postponeRemoval(pool, removal, state === 'waits' ? WAIT_MS : 0);
  }

  /** Repeats a step with pauses while there is more. @throws when the server stops: the lease ends by itself. */
  async #repeat(step: () => Promise<boolean>, restMs = (_workMs: number) => STEP_PAUSE_MS) {
    for (let beganMs = steadyClock(); await step(); beganMs = steadyClock()) {
      const workMs = steadyClock() - beganMs;
      if (this.#loop.isStopping) throw new Error('the server stops');
      passFaultPoint('between_removals');
      await this.#rest(restMs(workMs));
    }
  }

  /** Rests; a stop ends it. */
  #rest(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  /** Goes from page to page, each beginning after the last entry of the one before. */
  async #page(step: (after: number) => Promise<number | null>): Promise<void> {
    let after: number | null = 0;
    await this.#repeat(async () => {
      after = await step(after!);
      return after !== null;
    });
  }
}
