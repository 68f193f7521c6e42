// The times that snoozing offers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snoozeTimes } from '../../web/places/inbox/snooze-times.ts';

const offered = (now: Date) =>
  Object.fromEntries(snoozeTimes(now).map(({ id, until }) => [id, new Date(until).toString()]));
const at = (day: number, hour: number) => new Date(2026, 10, day, hour).toString();

test('snooze: offers later, the next morning, Monday and a week, at nine', () => {
  const wednesday = new Date(2026, 10, 4, 14);
  assert.deepEqual(offered(wednesday), {
    later: at(4, 17),
    tomorrow: at(5, 9),
    monday: at(9, 9),
    week: at(11, 9),
  });
});

test('snooze: offers each time once: Monday is tomorrow on Sunday, a week on Monday', () => {
  assert.deepEqual(Object.keys(offered(new Date(2026, 10, 8, 14))), ['later', 'tomorrow', 'week']);
  const monday = offered(new Date(2026, 10, 2, 14));
  assert.deepEqual(Object.keys(monday), ['later', 'tomorrow', 'monday']);
  assert.equal(monday['monday'], at(9, 9));
});
