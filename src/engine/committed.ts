// What others have to know once a group is committed: who has events to deliver, when the next timer fires, whether
// there are jobs. A hint for this process only; other servers find the same in the database.

import type { EphemeralEntry } from '../core/conversation/change.ts';
import type { Outcome } from '../core/conversation/transition.ts';
import { type ChannelKey, channelKeyText } from '../core/model/channel-key.ts';
import type { WrittenWait } from '../store/clock/future-waits.ts';
import type { SignalOutcome } from '../store/engine/group-write.ts';

/** A wait that counts from the moment in which it was set. */
export type SetWait = WrittenWait;

export type Committed = {
  /** Channels with new events in their log, each once. */
  readonly channels: readonly ChannelKey[];
  readonly ephemeral: readonly (ChannelKey & EphemeralEntry)[];
  /** When the earliest of the timers fires that were set; null for none. */
  readonly wakeAt: number | null;
  readonly hasJobs: boolean;
  /** The waits that were set. */
  readonly waits: readonly SetWait[];
  /** Runs that a limit or something missing has ended. */
  readonly cutRuns: readonly CutRun[];
};

/** A run that ended before its time, and why. */
export type CutRun = ChannelKey & {
  readonly conversationId: number;
  readonly workflow: string;
  readonly version: number;
  readonly step: string;
  readonly reason: 'message_limit' | 'step_limit' | 'broken';
};

/** Puts together what the accepted signals of a group have for others. */
export function gatherCommitted(accepted: readonly SignalOutcome[]): Committed {
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

/** The run that a signal has ended before its time. */
function cutRunOf(key: ChannelKey, nowMs: number, { conversation, trace }: Outcome): CutRun | null {
  const { run } = conversation;
  if (run === null || run.endedAt !== nowMs || trace.length === 0) return null;
  const { endReason: reason, name: workflow, version, stepId: step } = run;
  if (reason !== 'message_limit' && reason !== 'step_limit' && reason !== 'broken') return null;
  return { ...key, conversationId: conversation.id, workflow, version, step, reason };
}

/** What a signal has set to wait, counted from its own time. */
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
