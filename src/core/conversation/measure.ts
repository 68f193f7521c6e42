// Derives the statistics of a conversation from the parts that a signal adds (contract G 7).

import { limits } from '../../base/limits.ts';
import type { Conversation, Part } from '../model/model.ts';
import type { Statistics } from '../model/statistics.ts';
import type { Change } from './change.ts';

/** Returns the statistics after a change; the same object if nothing of them changed. */
export function measure(before: Conversation | null, { conversation, parts }: Change): Statistics {
  const hasSpoken = conversation.firstContactReplyAt !== null;
  let { statistics } = conversation;
  for (const part of parts) {
    const at = Math.floor(part.createdAt);
    if (hasSpoken && isAssignment(part)) statistics = withAssignment(statistics, at);
    if (isReply(part)) {
      // A teammate's part is the first of its signal, so the contact has waited as before it.
      const waitingSince = before?.waitingSince ?? null;
      statistics = withReply(statistics, at, hasSpoken, waitingSince);
    }
    if (part.partType === 'close') statistics = withClose(statistics, part, at, hasSpoken);
  }
  return statistics;
}

const isAssignment = ({ partType, assignedTo }: Part): boolean =>
  (partType === 'assignment' || partType === 'assign_and_reopen') && assignedTo !== null;

/** Whether a teammate says something to the contact. */
const isReply = ({ author, partType, body }: Part): boolean =>
  author.type === 'admin' && partType !== 'note' && body !== null;

function withAssignment(statistics: Statistics, at: number): Statistics {
  const { lastAssignmentAdminReplyAt: _, ...rest } = statistics;
  return {
    ...rest,
    firstAssignmentAt: rest.firstAssignmentAt ?? at,
    lastAssignmentAt: at,
    assignmentCount: (rest.assignmentCount ?? 0) + 1,
    ...(rest.firstAdminReplyAt === undefined ? { assignmentBeforeReplyAt: at } : {}),
  };
}

function withReply(
  statistics: Statistics,
  at: number,
  hasSpoken: boolean,
  waitingSince: number | null,
): Statistics {
  const { firstAdminReplyAt, lastAdminReplyAt, lastAssignmentAt, lastAssignmentAdminReplyAt } =
    statistics;
  const isFirstOfAssignment =
    lastAssignmentAt !== undefined && lastAssignmentAdminReplyAt === undefined;
  return {
    ...statistics,
    // A reply may be dated into the past.
    ...(hasSpoken ? { firstAdminReplyAt: Math.min(firstAdminReplyAt ?? at, at) } : {}),
    lastAdminReplyAt: Math.max(lastAdminReplyAt ?? at, at),
    ...(isFirstOfAssignment ? { lastAssignmentAdminReplyAt: at } : {}),
    ...(waitingSince === null ? {} : withWait(statistics, at - waitingSince)),
  };
}

function withWait({ waits = [] }: Statistics, ms: number): Statistics {
  const wait = Math.max(0, Math.floor(ms / 1000));
  const newest = [...waits, wait].slice(-limits.replyWaitsMax);
  return { waits: newest, medianWait: medianOf(newest) };
}

/** The median in whole seconds. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : Math.floor((sorted[middle - 1]! + upper) / 2);
}

const withClose = (
  statistics: Statistics,
  { author }: Part,
  at: number,
  hasSpoken: boolean,
): Statistics => ({
  ...statistics,
  ...(hasSpoken ? { firstCloseAt: statistics.firstCloseAt ?? at } : {}),
  lastCloseAt: at,
  ...(author.type === 'admin' ? { lastClosedById: author.id } : {}),
});
