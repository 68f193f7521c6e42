// Simulations of random workflows: properties that hold for any workflow and any actions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { known, randomSetup } from '../../test/sim/context.ts';
import { randomAction } from '../../test/sim/random-workflow.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import type { Signal } from '../core/conversation/signal.ts';
import {
  advanceTo,
  applySignal,
  beginSimulation,
  finishJob,
  type Simulation,
} from './simulation.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** Returns a simulation after a number of random actions of a seed. */
function simulationOf(seed: number, actions: number): Simulation {
  const random = new SeededRandom(seed);
  const setup = randomSetup(random);
  let simulation = beginSimulation({ setup, channelId: 1, nowMs: START_MS });
  simulation = send(simulation, { kind: 'new_conversation' });
  for (let count = 0; count < actions; count += 1) {
    const { parts, nowMs } = simulation;
    const run = simulation.conversation?.run ?? null;
    const action = randomAction(random, known, { run, parts, nowMs });
    const conversationId = simulation.conversation!.id;
    switch (action.do) {
      case 'message':
        simulation = send(simulation, { kind: 'new_message', body: action.body });
        break;
      case 'click':
        simulation = send(simulation, { kind: 'quick_reply_selected', optionId: action.optionId });
        break;
      case 'give': {
        const { attribute: attributeId, value } = action;
        simulation = send(simulation, { kind: 'attribute_collected', attributeId, value });
        break;
      }
      case 'teammate': {
        const { action: teammateAction } = action;
        simulation = apply(simulation, {
          kind: 'teammate',
          conversationId,
          adminId: known.adminId,
          action: teammateAction,
        });
        break;
      }
      case 'pass':
        // A workflow that loops every second would fill the memory in an hour.
        simulation = advanceTo(simulation, nowMs + Math.min(action.ms, 61_000)).simulation;
        break;
      case 'answer':
        simulation = finishJob(simulation, action.outcome)?.simulation ?? simulation;
        break;
    }
  }
  return simulation;
}

type Fields = ChannelEvent extends infer One
  ? One extends ChannelEvent
    ? Omit<One, 'eventId' | 'externalConversationId' | 'contact'>
    : never
  : never;

function send(simulation: Simulation, fields: Fields): Simulation {
  const contact = { type: 'user', externalId: 'u', name: 'Ada', email: null } as const;
  const ids = { eventId: `e${simulation.signalNumber}`, externalConversationId: 'c', contact };
  return apply(simulation, { kind: 'channel_event', event: { ...ids, ...fields } });
}

function apply(simulation: Simulation, signal: Signal): Simulation {
  const result = applySignal(simulation, signal);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value.simulation;
}

const simulations = fc.record({ seed: fc.nat(), actions: fc.nat(12) });

test('simulation: its lists agree with the counts of the conversation', () => {
  fc.assert(
    fc.property(simulations, ({ seed, actions }) => {
      const { conversation, parts, log, records, jobs } = simulationOf(seed, actions);
      assert.equal(parts.length, conversation!.partCount);
      assert.equal(log.length, conversation!.eventCount);
      assert.equal(records.length, conversation!.signalCount);
      assert.deepEqual(
        log.map(({ sequence }) => sequence),
        log.map((_, index) => index + 1),
      );
      const waiting = conversation!.run?.waiting;
      const isCalling = waiting?.for === 'webhook';
      assert.ok(!isCalling || jobs.some(({ id }) => id === waiting.jobId), 'it waits for a call');
      const ids = [...parts, ...jobs].map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, 'an id was given twice');
    }),
    { numRuns: 300 },
  );
});

test('simulation: is deterministic for a seed', () => {
  fc.assert(
    fc.property(simulations, ({ seed, actions }) => {
      const [one, other] = [simulationOf(seed, actions), simulationOf(seed, actions)];
      assert.deepEqual(one.conversation, other.conversation);
      assert.deepEqual(one.parts, other.parts);
      assert.deepEqual(one.log, other.log);
    }),
    { numRuns: 100 },
  );
});

test('simulation: time in steps or at once gives the same result', () => {
  fc.assert(
    fc.property(
      simulations,
      fc.array(fc.nat(100_000), { maxLength: 6 }),
      ({ seed, actions }, pieces) => {
        const start = simulationOf(seed, actions);
        const endMs = pieces.reduce((sum, piece) => sum + piece, start.nowMs);
        let inPieces = start;
        for (const piece of pieces)
          inPieces = advanceTo(inPieces, inPieces.nowMs + piece).simulation;
        const atOnce = advanceTo(start, endMs).simulation;
        assert.deepEqual(inPieces.conversation, atOnce.conversation);
        assert.deepEqual(inPieces.parts, atOnce.parts);
        assert.equal(atOnce.nowMs, endMs);
        const wakeAt = atOnce.conversation?.wakeAt ?? null;
        assert.ok(wakeAt === null || wakeAt > endMs, 'a timer is overdue');
      },
    ),
    { numRuns: 150 },
  );
});

test('simulation: rejects a signal for an unknown conversation', () => {
  const simulation = simulationOf(1, 3);
  const rejected = applySignal(simulation, { kind: 'timer', conversationId: 1 });
  assert.equal(rejected.ok, false);
  assert.equal(finishJob({ ...simulation, jobs: [] }, { ok: false, reason: 'x' }), null);
});
