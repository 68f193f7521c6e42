// Workflows and deliveries while the receivers misbehave and Parley is killed again and again: in the end everybody was
// told everything, in order, and every conversation is where it would be if nothing had gone wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDeliveryFaults, findOutcomeFaults, readOutcomes } from './chaos-audit.ts';
import { repeats } from './chaos-customers.ts';
import { callingPoints, doorPoints } from './chaos-points.ts';
import { refusalOf, scripts } from './chaos-scripts.ts';
import { ChaosTown } from './chaos-town.ts';
import { seed } from './seeded-random.ts';
import { until } from './until.ts';

const killsMin = 30;

/** The ways to go, in an order that the seed decides. */
function rounds(town: ChaosTown): (() => Promise<void>)[] {
  const { random } = town;
  const all = [
    ...callingPoints.map((point) => () => town.dieAt(point, 1)),
    ...callingPoints.map((point) => () => town.dieAt(point, random.between(2, 12))),
    ...doorPoints.slice(-3).map((point) => () => town.dieAt(point, random.between(1, 30))),
    ...Array.from({ length: 13 }, () => () => town.killUnderLoad()),
    ...Array.from({ length: 3 }, () => () => town.killDuringStart()),
    ...Array.from({ length: 2 }, () => () => town.cutPower()),
  ];
  return all
    .map((round) => ({ round, rank: random.fraction() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ round }) => round);
}

test('chaos: receivers misbehave, Parley is killed 30 times, nothing is lost, invented or out of order', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const startedAt = performance.now();
  const note = (what: string) =>
    t.diagnostic(`${Math.round((performance.now() - startedAt) / 100) / 10} s: ${what}`);
  const town = new ChaosTown(7);
  await town.setUp();
  const { callback, webhook, visits } = town;
  callback.behave('default', 'mischief');
  callback.behave('shop', 'mischief');
  callback.behave('picky', 'well');
  callback.behave('gone', 410);
  callback.behave('dead', 'dead');
  note('set up');

  town.open(scripts.lively, 16);
  town.open(scripts.picky, 3);
  for (const [index, round] of rounds(town).entries()) {
    // Some customers of each of these, to the last: they wait until the chaos is over.
    if (index % 4 === 0) for (const script of scripts.gone) town.send(script);
    if (index % 4 === 2) for (const script of scripts.dead) town.send(script);
    const t0 = performance.now(); const v0 = visits.length; const a0 = callback.arrivals.length;
    await round();
    if (process.env.CHAOS_DEBUG) console.log(index, Math.round(performance.now() - t0), 'ms', String(round).slice(6,60), 'visits', visits.length - v0, 'arrivals', callback.arrivals.length - a0, town.lastStartMs);
  }
  note(`${town.kills} kills`);
  const endOfChaos = visits.length;
  const doneInChaos = visits.filter(({ isDone }) => isDone).length;
  const goneArrivals = callback.arrivals.filter(({ channel }) => channel === 'gone');
  const [gone] = await town.cluster.query<{ at: number }>(
    `select ms(disabled_at) as at from channel_callbacks b
     join channels c on c.workspace_id = b.workspace_id and c.id = b.channel_id
     where c.name = 'gone' and b.disabled_reason = 'status 410'`,
  );
  assert.ok(gone, town.withSeed('the channel that said 410 is disabled'));
  const called = goneArrivals.filter(({ atMs }) => atMs > gone.at + 2_000);
  assert.deepEqual(called, [], town.withSeed('nobody calls a channel that is disabled'));
  assert.ok(doneInChaos > 50, town.withSeed(`the living are served beside the dead: ${doneInChaos}`));

  for (const channel of ['default', 'shop', 'dead', 'gone']) callback.behave(channel, 'well');
  webhook.isWell = true;
  const parley = await town.startForGood();
  await town.cluster.query(`update channel_callbacks set disabled_at = null, disabled_reason = null`);
  await town.closeDoors();
  note(`${endOfChaos} visits in the chaos, all at their end`);
  for (const script of Object.values(scripts).flat()) {
    for (let count = 0; count < 2; count += 1) town.send(script, 'clean');
  }
  await town.closeDoors();
  await town.calm();
  note('calm');

  const query = <Row extends Record<string, unknown>>(text: string) =>
    town.cluster.query<Row>(text);
  const mayPark = (channel: string, event: object) => refusalOf(channel, event) !== null;
  const { faults, ...counts } = await findDeliveryFaults(query, callback, mayPark);
  assert.deepEqual(faults.slice(0, 10), [], town.withSeed('faults of delivery'));
  assert.deepEqual([...town.faults, ...webhook.faults], [], town.withSeed('faults on the way'));
  assert.deepEqual(findOutcomeFaults(await readOutcomes(query), visits).slice(0, 5), [], town.withSeed('model'));
  const shoppers = visits.filter(({ script }) => script.channel === 'shop');
  for (const { externalId, script } of shoppers) {
    const effects = webhook.effects.get(externalId)?.size ?? 0;
    const expected = script.name.includes('refused') ? effects : 1;
    assert.equal(effects, expected, town.withSeed(`effects of ${externalId}`));
    assert.ok(effects < 2, town.withSeed(`effects of ${externalId}`));
  }

  assert.ok(town.kills >= killsMin, town.withSeed(`${town.kills} kills`));
  for (const point of callingPoints) {
    assert.ok(town.deaths.has(point), town.withSeed(`nobody died at ${point}`));
  }
  assert.ok(counts.gaps > 0 && counts.parked > counts.gaps, town.withSeed('something was parked'));
  const repeated = callback.arrivals.length - counts.events;
  assert.ok(repeated > 100 && repeats.count > 0, town.withSeed('the chaos was one'));
  const summary = { kills: town.kills, visits: visits.length, repeated, asked: repeats.count };
  t.diagnostic(JSON.stringify({ ...summary, calls: webhook.calls, ...counts }));
  await until('the last lane', () => parley.exit === undefined);
  assert.deepEqual(await parley.stop(), { code: 0, signal: null }, parley.log);
  note('end');
});
