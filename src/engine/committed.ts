// What others have to know once a group is committed: who has events to deliver, when the next timer fires, whether
// there are jobs. A hint for this process only; other servers find the same in the database.

import type { PassingEntry } from '../core/change.ts';
import type { Accepted } from './group.ts';

export type ChannelKey = { readonly workspaceId: number; readonly channelId: number };

export type Committed = {
  /** Channels with new events in their log, each once. */
  readonly channels: readonly ChannelKey[];
  readonly passing: readonly (ChannelKey & PassingEntry)[];
  /** When the earliest of the timers fires that were set; null for none. */
  readonly wakeAt: number | null;
  readonly hasJobs: boolean;
};

/** Puts together what the accepted signals of a group have for others. */
export function gatherCommitted(accepted: readonly Accepted[]): Committed {
  const channels = new Map<string, ChannelKey>();
  const passing: (ChannelKey & PassingEntry)[] = [];
  let wakeAt: number | null = null;
  let hasJobs = false;
  for (const { workspaceId, channelId, outcome } of accepted) {
    const key = { workspaceId, channelId };
    if (outcome.events.length > 0) channels.set(`${workspaceId} ${channelId}`, key);
    for (const entry of outcome.passing) passing.push({ ...key, ...entry });
    const { wakeAt: time } = outcome.conversation;
    if (time !== null && (wakeAt === null || time < wakeAt)) wakeAt = time;
    hasJobs ||= outcome.jobs.length > 0;
  }
  return { channels: [...channels.values()], passing, wakeAt, hasJobs };
}
