// Keeps the counts of the inbox of each workspace for a moment: at most once a second, and for so long that counting
// takes no more than a fiftieth of the time, however many conversations are open.

import type { Clock } from '../../../base/clock.ts';
import type { Pool } from '../../../database/pool.ts';
import { countInbox, type InboxCounts } from '../../../store/inbox/counts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';

const KEPT_MS_MIN = 1_000;
const COST_FACTOR = 50;
const WORKSPACES_MAX = 1_000;

type Kept = { readonly counts: Promise<InboxCounts>; until: number };

export class InboxCountCache {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #kept = new Map<number, Kept>();

  /** @param pool a pool for the purpose `read`. @param clock a steady one. */
  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Returns the counts of a workspace, as they were a moment ago. @throws when the database is unavailable. */
  get(workspaceId: number): Promise<InboxCounts> {
    const known = this.#kept.get(workspaceId);
    if (known !== undefined && this.#clock() < known.until) return known.counts;
    const startedAt = this.#clock();
    const counts = readAs(this.#pool, workspaceId, (connection) =>
      countInbox(connection, workspaceId),
    );
    const kept: Kept = { counts, until: Number.POSITIVE_INFINITY };
    if (this.#kept.size >= WORKSPACES_MAX) this.#kept.clear();
    this.#kept.set(workspaceId, kept);
    counts.then(
      () => {
        const now = this.#clock();
        kept.until = now + Math.max(KEPT_MS_MIN, (now - startedAt) * COST_FACTOR);
      },
      () => this.#kept.delete(workspaceId),
    );
    return counts;
  }

  /** Forgets the counts of a workspace that this server has just changed. */
  drop(workspaceId: number): void {
    this.#kept.delete(workspaceId);
  }
}
