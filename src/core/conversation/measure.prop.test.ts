// Statistics after random signals are those that the whole history gives, computed at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Statistics } from '../model/statistics.ts';
import { type Lived, live, stepsWithForms } from './life.fixture.ts';

/** Computes the statistics from the definitions in the contract (G 7), without any state between parts. */
function fromHistory(lived: readonly Lived[]): Statistics {
  const spokeAt = lived.findIndex(({ before }, index) => {
    const next = lived[index + 1]?.before;
    return (
      (before?.firstContactReplyAt ?? null) !== null || (next?.firstContactReplyAt ?? null) !== null
    );
  });
  const all = lived.map(({ part, before }) => ({ ...part, waitingSince: before!.waitingSince }));
  const since = spokeAt < 0 ? [] : all.slice(spokeAt);
  const isReply = ({ author, partType, body }: (typeof all)[number]) =>
    author.type === 'admin' && partType !== 'note' && body !== null;
  const isClose = ({ partType }: (typeof all)[number]) => partType === 'close';
  const assignments = since.filter(
    ({ partType, assignedTo }) => partType.startsWith('assign') && assignedTo !== null,
  );
  const firstReply = since.find(isReply);
  const lastAssignment = assignments.at(-1);
  const waits = all
    .filter((part) => isReply(part) && part.waitingSince !== null)
    .map((part) => Math.floor((part.createdAt - part.waitingSince!) / 1000));
  const sorted = waits.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
  const found = {
    firstAssignmentAt: assignments[0]?.createdAt,
    lastAssignmentAt: lastAssignment?.createdAt,
    assignmentCount: assignments.length || undefined,
    assignmentBeforeReplyAt: assignments.findLast(
      ({ position }) => position <= (firstReply?.position ?? Number.POSITIVE_INFINITY),
    )?.createdAt,
    firstAdminReplyAt: firstReply?.createdAt,
    lastAdminReplyAt: all.findLast(isReply)?.createdAt,
    lastAssignmentAdminReplyAt: all.find(
      (part) =>
        isReply(part) && part.position >= (lastAssignment?.position ?? Number.POSITIVE_INFINITY),
    )?.createdAt,
    firstCloseAt: since.find(isClose)?.createdAt,
    lastCloseAt: all.findLast(isClose)?.createdAt,
    lastClosedById: all.findLast(isClose)?.author.id,
    waits: waits.length === 0 ? undefined : waits,
    medianWait: waits.length === 0 ? undefined : Math.floor(median),
  };
  return JSON.parse(JSON.stringify(found));
}

test('statistics: are those of the whole history after any signals', () => {
  fc.assert(
    fc.property(stepsWithForms, (steps) => {
      const { conversation, lived } = live(steps);
      assert.deepEqual(conversation.statistics, fromHistory(lived));
    }),
    { numRuns: 300 },
  );
});

test('statistics: keep the newest fifty waits, and their median', () => {
  const waits = Array.from({ length: 60 }, (_, index) => index);
  const { conversation } = live(
    waits.flatMap((seconds) => [
      { act: { by: 'contact', body: 'Hello?' }, afterMs: 1 },
      { act: { by: 11, action: { do: 'comment', body: 'Hello' } }, afterMs: seconds * 1000 + 7 },
    ]),
  );
  assert.deepEqual(conversation.statistics.waits, waits.slice(10));
  assert.equal(conversation.statistics.medianWait, 34);
});
