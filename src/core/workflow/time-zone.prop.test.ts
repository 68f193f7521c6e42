// Local times compared with a second method: Temporal, and a clock that is read minute by minute.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill/implementation';
import { instantOf, isTimeZone, nextDailyTime, offsetAt, suggestZone } from './time-zone.ts';

const zones = [
  ...['UTC', 'Europe/Berlin', 'Europe/London', 'America/New_York', 'America/St_Johns'],
  ...['Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia', 'Pacific/Kiritimati'],
  ...['Africa/Casablanca', 'America/Sao_Paulo', 'Asia/Tehran', 'Africa/Cairo', 'Asia/Gaza'],
];
const zone = fc.constantFrom(...zones);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Every clock change of the zones in some years, where faults are likely. */
const changes = zones.flatMap((name) => {
  const found: { readonly name: string; readonly ms: number }[] = [];
  const end = Date.UTC(2032, 0, 1);
  let at: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(
    Date.UTC(2007, 0, 1),
  ).toZonedDateTimeISO(name);
  for (;;) {
    at = at.getTimeZoneTransition('next');
    if (at === null || at.epochMilliseconds >= end) return found;
    found.push({ name, ms: at.epochMilliseconds });
  }
});

/** Generates instants, half of them within two days of a clock change. */
const placed = fc.oneof(
  fc.record({
    name: zone,
    ms: fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2060, 0, 1) }),
  }),
  fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }))
    .map(([{ name, ms }, beside]) => ({ name, ms: ms + beside })),
);

test('time zones: the offset of any instant is that of Temporal', () => {
  assert.ok(changes.length > 300, `${changes.length} changes`);
  fc.assert(
    fc.property(placed, ({ name, ms }) => {
      const there = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(name);
      assert.equal(offsetAt(name, ms), there.offsetNanoseconds / 1e6);
    }),
    { numRuns: 2_000 },
  );
});

test('time zones: the instant of any local time is that of Temporal', () => {
  fc.assert(
    fc.property(placed, ({ name, ms: localMs }) => {
      const local = Temporal.Instant.fromEpochMilliseconds(localMs)
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime();
      const expected = local.toZonedDateTime(name, { disambiguation: 'compatible' });
      assert.equal(instantOf(name, localMs), expected.epochMilliseconds);
    }),
    { numRuns: 2_000 },
  );
});

/**
 * Computes the same by reading a clock: the first minute at which it shows the time, or would without a clock change.
 */
function watch(
  name: string,
  minuteOfDay: number,
  weekdays: readonly number[],
  afterMs: number,
): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: name,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    day: '2-digit',
    hourCycle: 'h23',
  });
  const shown = (ms: number) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map((one) => [one.type, one.value]));
    const minute = Number(parts['hour']) * 60 + Number(parts['minute']);
    const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
    return { minute, day: parts['day']!, weekday: names.indexOf(parts['weekday']!) };
  };
  // Begins earlier, to know on which days the time has passed already.
  let day = '';
  let hadIt = false;
  let late: number | null = null;
  let before = shown(afterMs - 3 * DAY_MS - (afterMs % MINUTE_MS) - MINUTE_MS);
  for (let ms = afterMs - 3 * DAY_MS - (afterMs % MINUTE_MS); ; ms += MINUTE_MS) {
    const now = shown(ms);
    if (now.day !== day) {
      day = now.day;
      hadIt = false;
    }
    const isSkipped =
      now.day === before.day && before.minute < minuteOfDay && now.minute > minuteOfDay;
    // The clock skips the time: the result is later by the skipped amount.
    if (isSkipped && !hadIt) {
      hadIt = true;
      late = ms + (minuteOfDay - before.minute - 1) * MINUTE_MS;
      if (!weekdays.includes(now.weekday)) late = null;
    }
    if (late !== null && late > afterMs && ms >= late) return late;
    if (now.minute === minuteOfDay && !hadIt) {
      hadIt = true;
      if (weekdays.includes(now.weekday) && ms > afterMs) return ms;
    }
    before = now;
  }
}

test('daily times: agree with a clock watched by the minute', () => {
  // Zones whose clocks change at midnight, or that skipped a day, are compared with Temporal above.
  const usual = changes.filter(({ name }) =>
    ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Europe/London'].includes(name),
  );
  const near = fc.record({
    change: fc.constantFrom(...usual),
    beside: fc.integer({ min: -30 * HOUR_MS, max: 6 * HOUR_MS }),
    minute: fc.oneof(fc.integer({ min: 0, max: 4 * 60 }), fc.integer({ min: 0, max: 24 * 60 - 1 })),
    weekdays: fc.oneof(
      fc.constant([0, 1, 2, 3, 4, 5, 6]),
      fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(near, ({ change: { name, ms }, beside, minute, weekdays }) => {
      const afterMs = ms + beside;
      const found = nextDailyTime(name, { minuteOfDay: minute, weekdays }, afterMs);
      assert.equal(found, watch(name, minute, weekdays, afterMs));
    }),
    { numRuns: 60 },
  );
});

test('daily times: 02:30 comes once on days when clocks change', () => {
  const berlin = (text: string) => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`);
  const everyDay = { minuteOfDay: 150, weekdays: [0, 1, 2, 3, 4, 5, 6] };
  const from = (text: string) => {
    const ms = nextDailyTime('Europe/Berlin', everyDay, berlin(text).epochMilliseconds);
    return Temporal.Instant.fromEpochMilliseconds(ms)
      .toZonedDateTimeISO('Europe/Berlin')
      .toString({ timeZoneName: 'never' });
  };
  assert.equal(from('2026-03-28T03:00'), '2026-03-29T03:30:00+02:00');
  assert.equal(from('2026-03-29T03:30+02:00'), '2026-03-30T02:30:00+02:00');
  assert.equal(from('2026-10-24T03:00'), '2026-10-25T02:30:00+02:00');
  assert.equal(from('2026-10-25T02:30+02:00'), '2026-10-26T02:30:00+01:00');
  assert.equal(from('2026-10-25T02:15+01:00'), '2026-10-26T02:30:00+01:00');
});

test('time zones: accepts IANA names only, and suggests a near one', () => {
  for (const name of ['UTC', 'europe/berlin', 'US/Pacific', 'Etc/GMT+5', 'Asia/Calcutta']) {
    assert.ok(isTimeZone(name), name);
  }
  for (const name of ['', 'Mars/Base', '+02:00', 'GMT+1', 'Europe/Berlin ', 'local', 'CEST']) {
    assert.ok(!isTimeZone(name), name);
  }
  assert.equal(suggestZone('Europe/Berln'), 'did you mean "Europe/Berlin"?');
  assert.equal(suggestZone('new york'), 'did you mean "America/New_York"?');
  assert.equal(suggestZone('CEST'), 'write an IANA name such as Europe/Berlin');
});
