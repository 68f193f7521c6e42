// The retention check of `parley doctor`: which workspaces remove what is old, how far that is, and what keeps it up.

import { showDuration } from '../../base/text-files/duration.ts';
import { agedKinds, type RemovedCounts, showAges } from '../../core/model/retention.ts';
import type { Pool } from '../../database/pool.ts';
import { listRetention, type RetentionState } from '../../store/removal/retention.ts';
import { type Check, doubtful, firstOf, good } from './doctor-check.ts';

const NAME = 'retention';
const SHOWN_MAX = 5;
/** A pass begins every six hours, and takes some hours at most. */
const LATE_MS = 2 * 86_400_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Checks the passes. @param pool a pool for the purpose `admin`. */
export async function checkRetention(pool: Pool): Promise<Check> {
  const states = await listRetention(pool);
  if (states.length === 0) return good(NAME, 'everything is kept for ever');
  const held = states.find(({ heldUntilMs }) => heldUntilMs !== null);
  const lines = firstOf(states.map(describe), SHOWN_MAX).join('\n');
  if (held !== undefined) {
    return doubtful(
      NAME,
      `${lines}\nThe database's clock is days ahead of when old rows were last removed.`,
      `Set the clock if it is wrong: removal goes on at ${new Date(held.heldUntilMs!).toISOString()}.`,
    );
  }
  return states.some(({ lateMs }) => lateMs > LATE_MS)
    ? doubtful(
        NAME,
        lines,
        'Start a server; if one runs, `retention.interrupted` in its log has the reason.',
      )
    : good(NAME, lines);
}

function describe(state: RetentionState): string {
  const { workspace, ages } = state;
  return `${workspace}: ${showAges(ages)}; ${progressOf(state)}`;
}

function progressOf({ removed, isInProgress, sinceFinishedMs }: RetentionState): string {
  if (isInProgress) return `a pass is in progress, ${showCounts(removed)} so far`;
  return sinceFinishedMs === null
    ? 'no pass yet'
    : `${showCounts(removed)} in the pass that ended ${roughly(sinceFinishedMs)} ago`;
}

/** Formats counts: `removed 12 conversations, 1,203 events`. */
function showCounts(removed: RemovedCounts): string {
  const counts = agedKinds.flatMap((kind) => {
    const count = removed[kind] ?? 0;
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${kind.replace('_', ' ')}`];
  });
  return counts.length === 0 ? 'removed nothing' : `removed ${counts.join(', ')}`;
}

/** Rounds a duration down to minutes or hours. */
function roughly(ms: number): string {
  if (ms < MINUTE_MS) return 'less than 1m';
  const unit = ms < HOUR_MS ? MINUTE_MS : HOUR_MS;
  return showDuration(Math.floor(ms / unit) * unit);
}
