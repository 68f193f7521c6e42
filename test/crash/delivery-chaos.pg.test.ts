// Workflows and deliveries while receivers inject faults and Parley is killed again and again: in the end every event
// was delivered in order, and every conversation is in the state of a run without faults.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultPoint } from '../../src/base/fault-points.ts';
import type { ParleyProcess } from '../support/process.ts';
import { seed } from '../support/seeded-random.ts';
import { times } from '../support/thoroughness.ts';
import { findDeliveryViolations, findOutcomeViolations, readOutcomes } from './chaos-audit.ts';
import { repeats } from './chaos-customers.ts';
import { ChaosHarness } from './chaos-harness.ts';
import { enginePoints, outgoingPoints } from './chaos-points.ts';
import { rejectionStatusOf, scripts } from './chaos-scripts.ts';

/** The rounds of the chaos, one kill each, in an order that the seed decides. */
function rounds(harness: ChaosHarness): (() => Promise<void>)[] {
  const { random } = harness;
  const killAtFaultPoint = (point: FaultPoint, pass: number) => {
    // Sessions that pass every fault point, whatever the other customers do.
    for (const script of scripts.faulty.slice(-2)) harness.startSession(script);
    return harness.killAtFaultPoint(point, pass);
  };
  const all = [
    ...outgoingPoints.map((point) => () => killAtFaultPoint(point, 1)),
    ...outgoingPoints
      .slice(0, times(1, outgoingPoints.length))
      .map((point) => () => killAtFaultPoint(point, random.between(2, 12))),
    ...enginePoints.slice(-3).map((point) => () => killAtFaultPoint(point, random.between(1, 30))),
    ...Array.from({ length: times(4, 14) }, () => () => harness.killUnderLoad()),
    ...Array.from({ length: times(1, 3) }, () => () => harness.killDuringStart()),
    ...Array.from({ length: times(1, 2) }, () => () => harness.cutPower()),
  ];
  return all
    .map((round) => ({ round, rank: random.fraction() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ round }) => round);
}

/** Runs customers, faulty receivers and kills at the same time. */
async function runChaos(harness: ChaosHarness): Promise<void> {
  const { callback } = harness;
  callback.setBehavior('default', 'faulty');
  callback.setBehavior('shop', 'faulty');
  callback.setBehavior('picky', 'healthy');
  callback.setBehavior('gone', 410);
  callback.setBehavior('hanging', 'hanging');
  harness.startCustomers(scripts.faulty, 16);
  harness.startCustomers(scripts.picky, 3);
  for (const [index, round] of rounds(harness).entries()) {
    // Some sessions of each of these until the end: they wait until the faults end.
    if (index % 4 === 0) for (const script of scripts.gone) harness.startSession(script);
    if (index % 4 === 2) for (const script of scripts.hanging) harness.startSession(script);
    await round();
  }
}

/** Checks that one receiver does not affect the others. */
async function assertIsolated({
  sessions,
  callback,
  cluster,
  withSeed,
}: ChaosHarness): Promise<void> {
  const done = sessions.filter(({ isDone }) => isDone).length;
  assert.ok(
    done > times(10, 50),
    withSeed(`healthy channels are served beside hanging ones: ${done}`),
  );
  const [gone] = await cluster.query<{ at: number }>(
    `select ms(disabled_at)::float8 as at from channel_callbacks b
     join channels c on c.workspace_id = b.workspace_id and c.id = b.channel_id
     where c.name = 'gone' and b.disabled_reason = 'status 410'`,
  );
  assert.ok(gone, withSeed('the channel that said 410 is disabled'));
  const late = callback.arrivals.filter(
    ({ channel, atMs }) => channel === 'gone' && atMs > gone.at + 3_000,
  );
  assert.deepEqual(late, [], withSeed('a disabled channel is not called'));
}

/** Ends all faults and kills, lets every session finish, and runs each script without faults. */
async function recover(harness: ChaosHarness): Promise<ParleyProcess> {
  const { callback, webhook } = harness;
  for (const channel of ['default', 'shop', 'hanging', 'gone'])
    callback.setBehavior(channel, 'healthy');
  webhook.isHealthy = true;
  const parley = await harness.startLastServer();
  const url = `${callback.urlOf('gone')}?moved`;
  const moved = { channels: [{ name: 'gone', callback: { url, allow_cidrs: ['127.0.0.0/8'] } }] };
  assert.equal((await harness.apply('moved.json', moved)).changes.length, 1);
  await harness.finishSessions();
  for (const script of Object.values(scripts).flat()) {
    for (let count = 0; count < 2; count += 1) harness.startSession(script, 'clean');
  }
  await harness.finishSessions();
  await harness.waitUntilIdle();
  return parley;
}

/** Checks all invariants. @returns figures about the chaos. */
async function audit(harness: ChaosHarness, parley: ParleyProcess) {
  const { callback, webhook, sessions, withSeed } = harness;
  const query = <Row extends Record<string, unknown>>(text: string) =>
    harness.cluster.query<Row>(text);
  const isExpectedDeadLetter = (channel: string, event: object) =>
    rejectionStatusOf(channel, event) !== null;
  const arrivals = callback.arrivals.length;
  const { violations, ...counts } = await findDeliveryViolations(
    query,
    callback,
    isExpectedDeadLetter,
  );
  const outcomeViolations = findOutcomeViolations(await readOutcomes(query), sessions);
  await harness.stop(parley);
  assert.deepEqual(violations.slice(0, 10), [], withSeed('delivery violations'));
  assert.deepEqual(outcomeViolations.slice(0, 5), [], withSeed('other than a clean run'));
  assert.deepEqual(
    [...harness.violations, ...webhook.violations],
    [],
    withSeed('violations during the run'),
  );
  assert.equal(callback.arrivals.length, arrivals, withSeed('no delivery after it is idle'));
  for (const { externalId, script } of sessions) {
    const effects = webhook.effects.get(externalId)?.size ?? 0;
    const expected = script.name.includes('shop') && !script.name.includes('rejected') ? 1 : 0;
    assert.equal(effects, expected, withSeed(`effects of ${externalId}`));
  }
  const repeated = callback.arrivals.length - counts.events;
  return { ...counts, repeated, sessions: sessions.length, calls: webhook.calls };
}

test('chaos: loses, invents and reorders nothing despite kills and faulty receivers', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const startedAt = performance.now();
  const harness = new ChaosHarness(7);
  const { withSeed } = harness;
  await harness.setUp();
  await runChaos(harness);
  const chaosSeconds = Math.round((performance.now() - startedAt) / 1_000);
  await assertIsolated(harness);
  const parley = await recover(harness);
  const counts = await audit(harness, parley);
  t.diagnostic(
    JSON.stringify({
      kills: harness.kills,
      chaosSeconds,
      repeatedRequests: repeats.count,
      ...counts,
    }),
  );
  // Without enough kills and faults, the run proves nothing.
  assert.ok(harness.kills >= times(12, 30), withSeed(`${harness.kills} kills`));
  for (const point of outgoingPoints) {
    assert.ok(harness.killsByPoint.has(point), withSeed(`no kill at ${point}`));
  }
  const { gaps, deadLetters, repeated } = counts;
  assert.ok(gaps > 0 && deadLetters > gaps, withSeed(`${deadLetters} dead letters, ${gaps} gaps`));
  assert.ok(repeated > times(30, 100) && repeats.count > 0, withSeed(`${repeated} repeated`));
});
