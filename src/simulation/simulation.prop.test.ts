// Plays of random workflows: what holds for every one of them, whatever anybody does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { known, randomSetup } from '../../test/sim/context.ts';
import { randomDeed } from '../../test/sim/random-workflow.ts';
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

/** A play after so many deeds of a seed. */
function simulationOf(seed: number, deeds: number): Simulation {
  const random = new SeededRandom(seed);
  const setup = randomSetup(random);
  let simulation = beginSimulation({ setup, channelId: 1, nowMs: START_MS });
  simulation = send(simulation, { kind: 'new_conversation' });
  for (let count = 0; count < deeds; count += 1) {
    const { parts, nowMs } = simulation;
    const run = simulation.conversation?.run ?? null;
    const deed = randomDeed(random, known, { run, parts, nowMs });
    const conversationId = simulation.conversation!.id;
    switch (deed.do) {
      case 'message':
        simulation = send(simulation, { kind: 'new_message', body: deed.body });
        break;
      case 'click':
        simulation = send(simulation, { kind: 'quick_reply_selected', optionId: deed.optionId });
        break;
      case 'give': {
        const { attribute: attributeId, value } = deed;
        simulation = send(simulation, { kind: 'attribute_collected', attributeId, value });
        break;
      }
      case 'teammate': {
        const { action } = deed;
        simulation = apply(simulation, {
          kind: 'teammate',
          conversationId,
          adminId: known.adminId,
          action,
        });
        break;
      }
      case 'pass':
        // A workflow that goes round every second would fill the memory in an hour.
        simulation = advanceTo(simulation, nowMs + Math.min(deed.ms, 61_000)).simulation;
        break;
      case 'answer':
        simulation = finishJob(simulation, deed.outcome)?.simulation ?? simulation;
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

const simulations = fc.record({ seed: fc.nat(), deeds: fc.nat(12) });

test('simulation: its memory agrees with the counts of the conversation', () => {
  fc.assert(
    fc.property(simulations, ({ seed, deeds }) => {
      const { conversation, parts, log, records, jobs } = simulationOf(seed, deeds);
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
    fc.property(simulations, ({ seed, deeds }) => {
      const [one, other] = [simulationOf(seed, deeds), simulationOf(seed, deeds)];
      assert.deepEqual(one.conversation, other.conversation);
      assert.deepEqual(one.parts, other.parts);
      assert.deepEqual(one.log, other.log);
    }),
    { numRuns: 100 },
  );
});

test('simulation: time in pieces or at once gives the same end', () => {
  fc.assert(
    fc.property(
      simulations,
      fc.array(fc.nat(100_000), { maxLength: 6 }),
      ({ seed, deeds }, pieces) => {
        const start = simulationOf(seed, deeds);
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
