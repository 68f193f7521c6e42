// Time zones by their IANA names: the offset at an instant, and the instant of a local time, across daylight saving
// changes. The only file of core/ that uses Intl, always for a named zone, in English, at a given time: the zone,
// language and clock of the machine play no part.

import { nearestName } from '../../base/text-files/suggest.ts';

const DAY_MS = 86_400_000;
/** The last instant that a Date can name. */
const TIME_MAX_MS = 8.64e15;
/** Case does not matter, so one zone has many spellings. */
const KNOWN_ZONES_MAX = 1_000;

const known = new Map<string, Intl.DateTimeFormat | null>();

/** Returns the formatter of a zone; null if there is no such name. An offset such as +02:00 is not a name. */
function formatOf(zone: string): Intl.DateTimeFormat | null {
  const found = known.get(zone);
  if (found !== undefined) return found;
  if (known.size >= KNOWN_ZONES_MAX) known.clear();
  const format = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(zone) ? makeFormat(zone) : null;
  known.set(zone, format);
  return format;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      timeZoneName: 'short',
    });
  } catch {
    return null;
  }
}

/** Whether a text is the name of a time zone, such as Europe/Berlin or UTC. */
export const isTimeZone = (name: string): boolean => formatOf(name) !== null;

/** Suggests a zone instead of one that does not exist. */
export function suggestZone(name: string): string {
  const zones = Intl.supportedValuesOf('timeZone');
  const city = name.trim().replaceAll(' ', '_').toLowerCase();
  const ofCity = zones.find((zone) => zone.toLowerCase().endsWith(`/${city}`));
  const meant = ofCity ?? nearestName(name, zones);
  return meant === undefined
    ? 'write an IANA name such as Europe/Berlin'
    : `did you mean "${meant}"?`;
}

/** Returns the parts of the local time. @throws Error for a zone that does not exist: check its name first. */
function partsAt(zone: string, ms: number): Readonly<Record<string, string>> {
  const format = formatOf(zone);
  if (format === null) throw new Error(`no time zone: ${zone}`);
  const within = Math.min(Math.max(ms, -TIME_MAX_MS), TIME_MAX_MS);
  return Object.fromEntries(format.formatToParts(within).map(({ type, value }) => [type, value]));
}

/** Returns how far local time is ahead of UTC at an instant, in milliseconds. */
export function offsetAt(zone: string, ms: number): number {
  if (zone === 'UTC') return 0;
  const parts = partsAt(zone, ms);
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year']);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']));
  local.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']));
  return local.getTime() - Math.floor(ms / 1000) * 1000;
}

/** Returns the short English name of the zone at an instant: `UTC`, `GMT+1`, `EST`. */
export const zoneNameAt = (zone: string, ms: number): string =>
  zone === 'UTC' ? 'UTC' : (partsAt(zone, ms)['timeZoneName'] ?? zone);

/**
 * Returns the instant of a local time. If it occurs twice because the clocks went back, the first; if it is skipped
 * because they went forward, it moves by the same amount: 02:30 is 03:30.
 * @param localMs the local time as if it were UTC.
 */
export function instantOf(zone: string, localMs: number): number {
  const before = offsetAt(zone, localMs - DAY_MS);
  const after = offsetAt(zone, localMs + DAY_MS);
  const instants = [...new Set([before, after])]
    .map((offset) => ({ offset, ms: localMs - offset }))
    .filter(({ offset, ms }) => offsetAt(zone, ms) === offset)
    .map(({ ms }) => ms);
  return instants.length === 0 ? localMs - before : Math.min(...instants);
}

/** A time of day on some days of the week; 0 is Sunday. */
export type DailyTime = { readonly minuteOfDay: number; readonly weekdays: readonly number[] };

/** Returns the next instant after the given one at which a clock in the zone shows this time of day. */
export function nextDailyTime(
  zone: string,
  { minuteOfDay, weekdays }: DailyTime,
  afterMs: number,
): number {
  const today = Math.floor((afterMs + offsetAt(zone, afterMs)) / DAY_MS);
  // Starts a day early, because a skipped time can come a day late; nine days include every weekday.
  for (let day = today - 1; day <= today + 8; day += 1) {
    // 1 January 1970 was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7;
    if (!weekdays.includes(weekday)) continue;
    const ms = instantOf(zone, day * DAY_MS + minuteOfDay * 60_000);
    if (ms > afterMs) return Math.min(ms, TIME_MAX_MS);
  }
  return TIME_MAX_MS;
}
