// Removes what is older than the ages of each workspace, in passes of small steps with rests. A server has a turn for a
// while, then any server goes on. Each step may be repeated, so a server that dies leaves nothing half done.
//
// A pass is in one of these stages, stored as stage, and goes from each to the next:
//   events         the log, channel by channel
//   conversations  old ones are hidden, for removals.ts; then what is old in the others
//   keys           idempotency keys; then the pass has ended, and another one begins some hours later

import { steadyClock } from '../base/clock.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import type { Log } from '../base/log.ts';
import { newUniqueName } from '../base/random.ts';
import type { AgedKind } from '../core/model/retention.ts';
import type { Pool } from '../database/pool.ts';
import { removeKeysBefore } from '../store/idempotency/keys.ts';
import {
  pageConversations,
  removeOldAttempts,
  removeOldEventIds,
  removeOldTraces,
} from '../store/removal/old-details.ts';
import {
  type Age,
  countAgedRemovals,
  listChannelIds,
  noteOldConversations,
  removeOldEvents,
} from '../store/removal/old-rows.ts';
import {
  claimRetentionTurn,
  finishRetentionPass,
  type PassPlace,
  type RetentionTurn,
  saveRetentionTurn,
} from '../store/removal/retention.ts';
import type { RemovalPace } from './removal-pace.ts';
import { RepeatedWork } from './repeated-work.ts';

const ROWS_MAX = 500;
const CONVERSATIONS_MAX = 50;
/** Conversations that may wait for their removal, so that those of deleted contacts do not wait behind many. */
const REMOVALS_MAX = 200;
/** Longer than a step and its rest. */
const LEASE_MS = 60_000;
/** After this long another workspace has its turn. */
const TURN_MS = 20_000;
const IDLE_MS = 10_000;
/** How long a pass waits for conversations to be removed. */
const WAIT_MS = 2_000;
const PASS_PAUSE_MS = 6 * 3_600_000;

export type RetentionDependencies = {
  /** A pool that sees all workspaces. */
  readonly pool: Pool;
  readonly log: Log;
  readonly pace: RemovalPace;
  readonly metrics: { countRemoved(kind: AgedKind, count: number): void };
  readonly idlePauseMs?: number;
};

/** A turn of this server. */
type OwnTurn = { readonly turn: RetentionTurn; readonly endsAtMs: number };

export class Retention {
  readonly #dependencies: RetentionDependencies;
  readonly #loop: RepeatedWork;
  #own: OwnTurn | null = null;

  constructor(dependencies: RetentionDependencies) {
    this.#dependencies = dependencies;
    this.#loop = new RepeatedWork({
      work: () => this.#work(),
      onError: (error) => {
        // Its lease ends by itself.
        this.#own = null;
        dependencies.log.warn({ err: error }, 'retention.interrupted');
      },
      busyPauseMs: (workMs) => dependencies.pace.restMs(workMs),
      idlePauseMs: dependencies.idlePauseMs ?? IDLE_MS,
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Waits for the step in progress, and leaves the turn to other servers. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    const { pool } = this.#dependencies;
    if (this.#own !== null) await saveRetentionTurn(pool, this.#own.turn, 0).catch(() => {});
  }

  /** Takes a step. @returns whether there may be more. */
  async #work(): Promise<boolean> {
    const own = this.#own ?? (await this.#claim());
    if (own === null) return false;
    const { pool } = this.#dependencies;
    passFaultPoint('before_retention_step');
    const next = await this.#step(own.turn);
    passFaultPoint('after_retention_step');
    if (next === 'ended') {
      this.#own = null;
      await this.#finish(own.turn);
    } else if (next === 'waits') {
      this.#own = null;
      await saveRetentionTurn(pool, own.turn, WAIT_MS);
    } else {
      const isOver = steadyClock() > own.endsAtMs;
      const isOurs = await saveRetentionTurn(pool, next, isOver ? 0 : LEASE_MS);
      this.#own = isOurs && !isOver ? { ...own, turn: next } : null;
    }
    return true;
  }

  async #claim(): Promise<OwnTurn | null> {
    const { pool, log } = this.#dependencies;
    const turn = await claimRetentionTurn(pool, newUniqueName(), LEASE_MS);
    if (turn === null) return null;
    if (turn.heldUntilMs !== null) {
      const until = new Date(turn.heldUntilMs).toISOString();
      log.warn({ workspaceId: turn.workspaceId, until }, 'retention.clock_not_trusted');
      return null;
    }
    return { turn, endsAtMs: steadyClock() + TURN_MS };
  }

  async #finish(turn: RetentionTurn): Promise<void> {
    const { pool, log } = this.#dependencies;
    await finishRetentionPass(pool, turn, PASS_PAUSE_MS);
    const { workspaceId, removed } = turn;
    log.info({ workspaceId, removed }, 'retention.pass_ended');
  }

  #step(turn: RetentionTurn): Promise<RetentionTurn | 'waits' | 'ended'> {
    switch (turn.stage) {
      case 'events':
        return this.#removeEvents(turn);
      case 'conversations':
        return this.#removeConversations(turn);
      case 'keys':
        return this.#removeKeys(turn);
    }
  }

  async #removeEvents(turn: RetentionTurn): Promise<RetentionTurn> {
    const { pool } = this.#dependencies;
    const age = ageOf(turn, 'events');
    const channelIds = age === null ? [] : await listChannelIds(pool, turn.workspaceId);
    const channelId = channelIds.find((id) => id >= turn.channelId);
    if (age === null || channelId === undefined) return moved(turn, beginningOf('conversations'));
    const page = await removeOldEvents(pool, age, channelId, turn.afterId, ROWS_MAX);
    const counted = this.#count(turn, 'events', page.removed);
    return page.last === null
      ? moved(counted, { ...beginningOf('events'), channelId: channelId + 1 })
      : moved(counted, { stage: 'events', channelId, afterId: page.last });
  }

  /** Goes to the next page of conversations when there is nothing left to remove on this one. */
  async #removeConversations(turn: RetentionTurn): Promise<RetentionTurn | 'waits'> {
    const { pool } = this.#dependencies;
    const youngest = youngestOf(turn);
    if (youngest === null) return moved(turn, beginningOf('keys'));
    const page = await pageConversations(pool, youngest, turn.afterId, CONVERSATIONS_MAX);
    const conversations = ageOf(turn, 'conversations');
    let counted = turn;
    if (conversations !== null && page.ids.length > 0) {
      const waiting = await countAgedRemovals(pool, turn.workspaceId, REMOVALS_MAX);
      if (waiting >= REMOVALS_MAX) return 'waits';
      const hidden = await noteOldConversations(pool, conversations, CONVERSATIONS_MAX, page.ids);
      counted = this.#count(turn, 'conversations', hidden);
    }
    for (const { kind, remove } of details) {
      const age = ageOf(turn, kind);
      const removed = age === null ? 0 : await remove(pool, age, page.ids);
      // There may be more of them.
      if (removed > 0) return this.#count(counted, kind, removed);
    }
    return page.last === null
      ? moved(counted, beginningOf('keys'))
      : moved(counted, { ...turn, afterId: page.last });
  }

  async #removeKeys(turn: RetentionTurn): Promise<RetentionTurn | 'ended'> {
    const age = ageOf(turn, 'idempotency_keys');
    if (age === null) return 'ended';
    const { pool } = this.#dependencies;
    const removed = await removeKeysBefore(pool, turn.workspaceId, age.beforeMs, ROWS_MAX);
    return removed === 0 ? 'ended' : this.#count(turn, 'idempotency_keys', removed);
  }

  #count(turn: RetentionTurn, kind: AgedKind, count: number): RetentionTurn {
    this.#dependencies.metrics.countRemoved(kind, count);
    return { ...turn, removed: { ...turn.removed, [kind]: (turn.removed[kind] ?? 0) + count } };
  }
}

/** What is removed from conversations that stay. */
const details: readonly {
  readonly kind: AgedKind;
  readonly remove: (pool: Pool, age: Age, ids: readonly number[]) => Promise<number>;
}[] = [
  { kind: 'traces', remove: removeOldTraces },
  { kind: 'attempts', remove: (pool, age, ids) => removeOldAttempts(pool, age, ids, ROWS_MAX) },
  { kind: 'event_ids', remove: (pool, age, ids) => removeOldEventIds(pool, age, ids, ROWS_MAX) },
];

/** What is too old of a kind; null: it is kept. */
function ageOf({ workspaceId, ages, asOfMs }: RetentionTurn, kind: AgedKind): Age | null {
  const ms = ages[kind];
  return ms === undefined ? null : { workspaceId, beforeMs: asOfMs - ms };
}

/** The shortest of the ages for which conversations are looked at. */
function youngestOf(turn: RetentionTurn): Age | null {
  const kinds: readonly AgedKind[] = ['conversations', ...details.map(({ kind }) => kind)];
  const ages = kinds.flatMap((kind) => ageOf(turn, kind) ?? []);
  if (ages.length === 0) return null;
  return {
    workspaceId: turn.workspaceId,
    beforeMs: Math.max(...ages.map(({ beforeMs }) => beforeMs)),
  };
}

const beginningOf = (stage: PassPlace['stage']): PassPlace => ({
  stage,
  channelId: 0,
  afterId: -1,
});

const moved = (turn: RetentionTurn, { stage, channelId, afterId }: PassPlace): RetentionTurn => ({
  ...turn,
  stage,
  channelId,
  afterId,
});
