// Removes sessions and one-time links of the web app that ended long ago, attempts to sign in that no longer count, and
// the old end of its feed, in small batches. Every server does; each skips rows that another one removes.

import type { Log } from '../base/log.ts';
import type { Pool } from '../database/pool.ts';
import { removeOldLinks } from '../store/accounts/account-links.ts';
import { removeOldSessions } from '../store/accounts/sessions.ts';
import { removeOldAttempts } from '../store/accounts/sign-in-attempts.ts';
import { removeOldChanges } from '../store/inbox/feed.ts';
import { RepeatedWork } from './repeated-work.ts';

const BATCH_MAX = 500;
const BATCH_GAP_MS = 100;
const INTERVAL_MS = 3_600_000;

/** Creates the work. @param pool a pool that sees all workspaces. */
export const removalOfOldSessions = (pool: Pool, log: Log): RepeatedWork =>
  new RepeatedWork({
    async work() {
      await removeOldAttempts(pool);
      const sessions = await removeOldSessions(pool, BATCH_MAX);
      const links = await removeOldLinks(pool, BATCH_MAX);
      const changes = await removeOldChanges(pool, BATCH_MAX);
      return [sessions, links, changes].includes(BATCH_MAX);
    },
    onError: (error) => log.warn({ err: error }, 'sessions.not_removed'),
    busyPauseMs: BATCH_GAP_MS,
    idlePauseMs: INTERVAL_MS,
  });
