// Checks a simulated history at its end: every event reached the app, and faults left no trace in the conversations.
// Runs nothing.

import assert from 'node:assert/strict';
import type { StoredConversation } from './conversations.ts';
import type { FaultyReceiver } from './faulty-receiver.ts';
import type { LaneTable } from './lane-table.ts';

/** Checks that every logged event was delivered or is a dead letter. */
export function assertDelivered(table: LaneTable, receiver: FaultyReceiver): void {
  for (const [conversationId, entries] of table.log) {
    const lane = table.lanes.get(conversationId)!;
    assert.equal(lane.nextSequence, entries.length + 1, 'the lane is not at its end');
    for (const [index, { sequence }] of entries.entries()) {
      assert.equal(sequence, index + 1, 'the sequence has a gap');
      const key = `${conversationId} ${sequence}`;
      const isThere = receiver.accepted.has(key) || table.deadLetters.has(key);
      assert.ok(isThere, `event ${key} was lost`);
    }
  }
}

/** Checks that every logged event was delivered, and no dead letter is left. */
export function assertAllAccepted(table: LaneTable, receiver: FaultyReceiver): void {
  assert.deepEqual([...table.deadLetters], []);
  for (const [conversationId, entries] of table.log) {
    for (const { sequence } of entries) {
      const key = `${conversationId} ${sequence}`;
      assert.ok(receiver.accepted.has(key), `event ${key} was lost`);
    }
  }
}

/**
 * Checks that crashes, late timers and repeated results left no trace in the conversations.
 * @param options `areCallsDone`: whether the history had time for all webhook calls.
 */
export function assertStatesAsWithoutFaults(
  conversations: readonly StoredConversation[],
  { areCallsDone }: { readonly areCallsDone: boolean },
): void {
  for (const one of conversations) {
    const { simulation } = one;
    const cleanRun = one.cleanRun();
    assert.deepEqual(simulation.parts, cleanRun.parts);
    assert.deepEqual(simulation.log, cleanRun.log);
    assert.deepEqual(simulation.contacts, cleanRun.contacts);
    if (areCallsDone) assert.deepEqual(simulation.jobs, [], 'a call was forgotten');
    // Late signals change nothing but the count of signals.
    const { signalCount: _, ...state } = simulation.conversation ?? { signalCount: 0 };
    const { signalCount: __, ...clean } = cleanRun.conversation ?? { signalCount: 0 };
    assert.deepEqual(state, clean);
  }
}
