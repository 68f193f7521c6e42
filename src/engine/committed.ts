// Gathers hints for other parts of the server after the commit of a group: channels with new events, the next timer,
// whether there are jobs. For this process only; other servers find the same in the database.

import type { EphemeralEntry } from '../core/conversation/change.ts';
import type { Outcome } from '../core/conversation/transition.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import type { WrittenWait } from '../store/clock/future-waits.ts';
import type { SignalOutcome } from '../store/engine/group-write.ts';

/** A wait that was set, with the time that it counts from. */
export type SetWait = WrittenWait;

export type Committed = {
  /** Channels with new events in their log, each once. */
  readonly channels: readonly ChannelKey[];
  readonly ephemeral: readonly (ChannelKey & EphemeralEntry)[];
  /** The time of the earliest timer that was set; null for none. */
  readonly wakeAt: number | null;
  readonly hasJobs: boolean;
  /** The waits that were set. */
  readonly waits: readonly SetWait[];
  /** Workspaces whose feed of the web app has news. */
  readonly inboxes: readonly number[];
  /** Runs that ended early. */
  readonly cutRuns: readonly CutRun[];
};

/** A run that ended early, and the reason. */
export type CutRun = ChannelKey & {
  readonly conversationId: number;
  readonly workflow: string;
  readonly version: number;
  readonly step: string;
  readonly reason: 'message_limit' | 'step_limit' | 'broken';
};

/** Gathers the hints of the accepted signals of a group. */
export function gatherCommitted(accepted: readonly SignalOutcome[]): Omit<Committed, 'inboxes'> {
  const channels = new Map<string, ChannelKey>();
  const ephemeral: (ChannelKey & EphemeralEntry)[] = [];
  let wakeAt: number | null = null;
  let hasJobs = false;
  const waits: SetWait[] = [];
  const cutRuns: CutRun[] = [];
  for (const { workspaceId, channelId, receivedAt, outcome } of accepted) {
    const key = { workspaceId, channelId };
    if (outcome.events.length > 0) channels.set(channelKeyText(key), key);
    for (const entry of outcome.ephemeral) ephemeral.push({ ...key, ...entry });
    const { wakeAt: time } = outcome.conversation;
    if (time !== null && (wakeAt === null || time < wakeAt)) wakeAt = time;
    hasJobs ||= outcome.jobs.length > 0;
    const wait = time === null ? null : waitOf(key, receivedAt, outcome);
    if (wait !== null) waits.push(wait);
    const cut = cutRunOf(key, receivedAt, outcome);
    if (cut !== null) cutRuns.push(cut);
  }
  return { channels: [...channels.values()], ephemeral, wakeAt, hasJobs, waits, cutRuns };
}

/** The run that a signal ended early. */
function cutRunOf(key: ChannelKey, nowMs: number, { conversation, trace }: Outcome): CutRun | null {
  const { run } = conversation;
  if (run === null || run.endedAt !== nowMs || trace.length === 0) return null;
  const { endReason: reason, name: workflow, version, stepId: step } = run;
  if (reason !== 'message_limit' && reason !== 'step_limit' && reason !== 'broken') return null;
  return { ...key, conversationId: conversation.id, workflow, version, step, reason };
}

/** The wait that a signal set, counted from its own time. */
function waitOf(key: ChannelKey, nowMs: number, { conversation, parts }: Outcome): SetWait | null {
  const { run, snoozedUntil } = conversation;
  const isSet = run?.waiting?.sinceMs === nowMs && run.waiting.untilMs !== null;
  const last = parts.findLast(({ partType }) => partType === 'snoozed');
  const isSnoozed = last?.author.type === 'bot' && snoozedUntil !== null;
  if (!isSet && !isSnoozed) return null;
  return {
    ...key,
    conversationId: conversation.id,
    externalId: conversation.externalId,
    waitSinceMs: isSet ? nowMs : null,
    snoozedAtMs: isSnoozed ? nowMs : null,
    snoozedUntilMs: isSnoozed ? snoozedUntil : null,
  };
}
