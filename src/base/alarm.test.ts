import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Alarm } from './alarm.ts';
import { systemClock } from './clock.ts';

const farMs = 3_600_000;

test('alarm: sleep ends at a time set before or during it', async () => {
  const alarm = new Alarm(systemClock);
  const beganMs = systemClock();
  alarm.setFor(beganMs + 20);
  await alarm.sleepUntil(beganMs + farMs);
  assert.ok(systemClock() - beganMs >= 19);
  const asleep = alarm.sleepUntil(beganMs + farMs);
  alarm.setFor(systemClock() + farMs / 2);
  alarm.setFor(systemClock());
  await asleep;
});

test('alarm: a time that has passed does not end the next sleep', async () => {
  const alarm = new Alarm(systemClock);
  alarm.setFor(systemClock());
  await alarm.sleepUntil(systemClock() + farMs);
  const beganMs = systemClock();
  await alarm.sleepUntil(beganMs + 30);
  assert.ok(systemClock() - beganMs >= 29);
});

test('alarm: closing ends the present and every later sleep', async () => {
  const alarm = new Alarm(systemClock);
  const asleep = alarm.sleepUntil(systemClock() + farMs);
  alarm.close();
  await asleep;
  await alarm.sleepUntil(systemClock() + farMs);
});

test('alarm: ringing ends the present sleep and no later one', async () => {
  const alarm = new Alarm(systemClock);
  alarm.ring();
  const asleep = alarm.sleepUntil(systemClock() + farMs);
  alarm.ring();
  await asleep;
  const beganMs = systemClock();
  await alarm.sleepUntil(beganMs + 30);
  assert.ok(systemClock() - beganMs >= 29);
});
