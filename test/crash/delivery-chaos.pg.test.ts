// Workflows and deliveries while the receivers misbehave and Parley is killed again and again: in the end everybody was
// told everything, in order, and every conversation is where it would be if nothing had gone wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultPoint } from '../../src/base/fault-points.ts';
import type { ParleyProcess } from '../support/process.ts';
import { findDeliveryFaults, findOutcomeFaults, readOutcomes } from './chaos-audit.ts';
import { repeats } from './chaos-customers.ts';
import { ChaosTown } from './chaos-harness.ts';
import { callingPoints, doorPoints } from './chaos-points.ts';
import { refusalOf, scripts } from './chaos-scripts.ts';
import { seed } from './seeded-random.ts';
import { times } from './thoroughness.ts';

/** The ways to go, in an order that the seed decides. */
function rounds(town: ChaosTown): (() => Promise<void>)[] {
  const { random } = town;
  const dieAt = (point: FaultPoint, pass: number) => {
    // Even if nobody else has anything to do: these pass every place.
    for (const script of scripts.lively.slice(-2)) town.send(script);
    return town.dieAt(point, pass);
  };
  const all = [
    ...callingPoints.map((point) => () => dieAt(point, 1)),
    ...callingPoints
      .slice(0, times(1, callingPoints.length))
      .map((point) => () => dieAt(point, random.between(2, 12))),
    ...doorPoints.slice(-3).map((point) => () => dieAt(point, random.between(1, 30))),
    ...Array.from({ length: times(4, 14) }, () => () => town.killUnderLoad()),
    ...Array.from({ length: times(1, 3) }, () => () => town.killDuringStart()),
    ...Array.from({ length: times(1, 2) }, () => () => town.cutPower()),
  ];
  return all
    .map((round) => ({ round, rank: random.fraction() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ round }) => round);
}

/** Everything at once: customers, bad receivers, kills. */
async function rage(town: ChaosTown): Promise<void> {
  const { callback } = town;
  callback.behave('default', 'mischief');
  callback.behave('shop', 'mischief');
  callback.behave('picky', 'well');
  callback.behave('gone', 410);
  callback.behave('dead', 'dead');
  town.open(scripts.lively, 16);
  town.open(scripts.picky, 3);
  for (const [index, round] of rounds(town).entries()) {
    // Some customers of each of these, to the last: they wait until the chaos is over.
    if (index % 4 === 0) for (const script of scripts.gone) town.send(script);
    if (index % 4 === 2) for (const script of scripts.dead) town.send(script);
    await round();
  }
}

/** What one receiver does is no concern of the others. */
async function assertApart({ visits, callback, cluster, withSeed }: ChaosTown): Promise<void> {
  const done = visits.filter(({ isDone }) => isDone).length;
  assert.ok(done > times(10, 50), withSeed(`the living are served beside the dead: ${done}`));
  const [gone] = await cluster.query<{ at: number }>(
    `select ms(disabled_at)::float8 as at from channel_callbacks b
     join channels c on c.workspace_id = b.workspace_id and c.id = b.channel_id
     where c.name = 'gone' and b.disabled_reason = 'status 410'`,
  );
  assert.ok(gone, withSeed('the channel that said 410 is disabled'));
  const late = callback.arrivals.filter(
    ({ channel, atMs }) => channel === 'gone' && atMs > gone.at + 3_000,
  );
  assert.deepEqual(late, [], withSeed('nobody calls a channel that is disabled'));
}

/** All receivers are well, and nobody is killed: everything comes to its end, and then a clean run. */
async function heal(town: ChaosTown): Promise<ParleyProcess> {
  const { callback, webhook } = town;
  for (const channel of ['default', 'shop', 'dead', 'gone']) callback.behave(channel, 'well');
  webhook.isWell = true;
  const parley = await town.startForGood();
  const url = `${callback.urlOf('gone')}?moved`;
  const moved = { channels: [{ name: 'gone', callback: { url, allow_cidrs: ['127.0.0.0/8'] } }] };
  assert.equal((await town.apply('moved.json', moved)).changes.length, 1);
  await town.closeDoors();
  for (const script of Object.values(scripts).flat()) {
    for (let count = 0; count < 2; count += 1) town.send(script, 'clean');
  }
  await town.closeDoors();
  await town.calm();
  return parley;
}

/** @returns numbers that tell what the chaos was like. */
async function audit(town: ChaosTown, parley: ParleyProcess) {
  const { callback, webhook, visits, withSeed } = town;
  const query = <Row extends Record<string, unknown>>(text: string) =>
    town.cluster.query<Row>(text);
  const mayPark = (channel: string, event: object) => refusalOf(channel, event) !== null;
  const arrivals = callback.arrivals.length;
  const { faults, ...counts } = await findDeliveryFaults(query, callback, mayPark);
  const outcomeFaults = findOutcomeFaults(await readOutcomes(query), visits);
  await town.stop(parley);
  assert.deepEqual(faults.slice(0, 10), [], withSeed('faults of delivery'));
  assert.deepEqual(outcomeFaults.slice(0, 5), [], withSeed('other than a clean run'));
  assert.deepEqual([...town.faults, ...webhook.faults], [], withSeed('faults on the way'));
  assert.equal(callback.arrivals.length, arrivals, withSeed('when it is calm, it stays so'));
  for (const { externalId, script } of visits) {
    const effects = webhook.effects.get(externalId)?.size ?? 0;
    const expected = script.name.includes('shop') && !script.name.includes('refused') ? 1 : 0;
    assert.equal(effects, expected, withSeed(`effects of ${externalId}`));
  }
  const repeated = callback.arrivals.length - counts.events;
  return { ...counts, repeated, visits: visits.length, calls: webhook.calls };
}

test('chaos: kills and bad receivers lose, invent and reorder nothing', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const startedAt = performance.now();
  const town = new ChaosTown(7);
  const { withSeed } = town;
  await town.setUp();
  await rage(town);
  const chaosSeconds = Math.round((performance.now() - startedAt) / 1_000);
  await assertApart(town);
  const parley = await heal(town);
  const counts = await audit(town, parley);
  t.diagnostic(
    JSON.stringify({ kills: town.kills, chaosSeconds, askedAgain: repeats.count, ...counts }),
  );
  // A chaos that was none proves nothing.
  assert.ok(town.kills >= times(12, 30), withSeed(`${town.kills} kills`));
  for (const point of callingPoints) {
    assert.ok(town.deaths.has(point), withSeed(`nobody died at ${point}`));
  }
  const { gaps, parked, repeated } = counts;
  assert.ok(gaps > 0 && parked > gaps, withSeed(`${parked} parked, ${gaps} gaps`));
  assert.ok(repeated > times(30, 100) && repeats.count > 0, withSeed(`${repeated} repeated`));
});
