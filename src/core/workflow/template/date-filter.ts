// Times in templates: reads them and formats them for the `date` filter. Always in English and in a given zone; `now`
// is the time of the signal. The clock, zone and language of the machine play no part.

import { offsetAt, zoneNameAt } from '../time-zone.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const DAY_MS = 86_400_000;

/** The last instant that a Date can name. */
const TIME_MAX_MS = 8.64e15;

/** An instant as a local time. */
type Shown = {
  /** The local time as if it were UTC. */
  readonly local: Date;
  readonly ms: number;
  readonly offsetMinutes: number;
  readonly zone: string;
};

type Conversion = {
  readonly of: (shown: Shown) => string | number;
  readonly width?: number;
  readonly pad?: ' ';
};

const conversions: { readonly [letter: string]: Conversion } = {
  a: { of: ({ local }) => days[local.getUTCDay()]!.slice(0, 3) },
  A: { of: ({ local }) => days[local.getUTCDay()]! },
  b: { of: ({ local }) => months[local.getUTCMonth()]!.slice(0, 3) },
  B: { of: ({ local }) => months[local.getUTCMonth()]! },
  d: { of: ({ local }) => local.getUTCDate(), width: 2 },
  e: { of: ({ local }) => local.getUTCDate(), width: 2, pad: ' ' },
  H: { of: ({ local }) => local.getUTCHours(), width: 2 },
  I: { of: ({ local }) => local.getUTCHours() % 12 || 12, width: 2 },
  j: { of: ({ local }) => dayOfYear(local), width: 3 },
  k: { of: ({ local }) => local.getUTCHours(), width: 2, pad: ' ' },
  l: { of: ({ local }) => local.getUTCHours() % 12 || 12, width: 2, pad: ' ' },
  L: { of: ({ local }) => local.getUTCMilliseconds(), width: 3 },
  m: { of: ({ local }) => local.getUTCMonth() + 1, width: 2 },
  M: { of: ({ local }) => local.getUTCMinutes(), width: 2 },
  p: { of: ({ local }) => (local.getUTCHours() < 12 ? 'AM' : 'PM') },
  P: { of: ({ local }) => (local.getUTCHours() < 12 ? 'am' : 'pm') },
  s: { of: ({ ms }) => Math.floor(ms / 1000) },
  S: { of: ({ local }) => local.getUTCSeconds(), width: 2 },
  u: { of: ({ local }) => local.getUTCDay() || 7 },
  w: { of: ({ local }) => local.getUTCDay() },
  y: { of: ({ local }) => Math.abs(local.getUTCFullYear()) % 100, width: 2 },
  Y: { of: ({ local }) => local.getUTCFullYear(), width: 4 },
  z: { of: ({ offsetMinutes }) => showOffset(offsetMinutes) },
  Z: { of: ({ ms, zone }) => zoneNameAt(zone, ms) },
  '%': { of: () => '%' },
};

/** The letters, in the order of the documentation. */
export const dateLetters: readonly string[] = [
  ...Object.keys(conversions),
  'F',
  'T',
  'R',
  'D',
  'h',
];

/** Shows an offset as `+0130`. */
function showOffset(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const digits = `${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`;
  return `${minutes < 0 ? '-' : '+'}${digits}`;
}

const shorthands: { readonly [letter: string]: string } = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  h: '%b',
};

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start) / DAY_MS) + 1;
}

/** Every directive of a format; the second alternative matches a stray percent sign. */
const directives = /%([-^_0]*)([A-Za-z%])|%/g;

/** Finds a directive that is unknown; null if there is none. */
export function unknownDirective(format: string): string | null {
  for (const { 0: found, 2: letter, index } of format.matchAll(directives)) {
    if (letter === undefined) return format.slice(index, index + 2);
    if (!dateLetters.includes(letter)) return found;
  }
  return null;
}

/**
 * Formats a time in a zone with the directives of strftime. The flag `-` removes the padding, `_` pads with spaces,
 * `0` with zeros, `^` converts to upper case. An unknown directive stays as it is.
 */
export function formatTime(ms: number, format: string, zone: string): string {
  const offsetMs = offsetAt(zone, ms);
  const local = new Date(Math.min(Math.max(ms + offsetMs, -TIME_MAX_MS), TIME_MAX_MS));
  const shown: Shown = { local, ms, offsetMinutes: Math.trunc(offsetMs / 60_000), zone };
  const whole = format.replaceAll(/%%|%([FTRDh])/g, (found, letter: string) =>
    letter === undefined ? found : shorthands[letter]!,
  );
  return whole.replaceAll(directives, (found, flags: string, letter: string | undefined) => {
    const conversion = letter === undefined ? undefined : conversions[letter];
    if (conversion === undefined) return found;
    const { width = 0, pad = '0' } = conversion;
    const text = String(conversion.of(shown));
    const padded = flags.includes('-') ? text : text.padStart(width, padFor(flags, pad));
    return flags.includes('^') ? padded.toUpperCase() : padded;
  });
}

function padFor(flags: string, usual: string): string {
  if (flags.includes('_')) return ' ';
  return flags.includes('0') ? '0' : usual;
}

/**
 * Reads a value as an instant: unix seconds, an ISO 8601 date or time (UTC unless it names a zone), `now` or `today`;
 * null for anything else.
 */
export function readTime(value: unknown, nowSeconds: number): number | null {
  if (value === 'now' || value === 'today') return nowSeconds * 1000;
  const ms = typeof value === 'number' ? value * 1000 : readTimeText(value);
  return ms !== null && Math.abs(ms) <= TIME_MAX_MS ? ms : null;
}

/** Whether a day exists: Date would take 30 February for a day in March. */
const isRealDay = (day: string): boolean =>
  new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);

function readTimeText(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^-?\d{1,15}$/.test(text)) return Number(text) * 1000;
  const [, day, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(
      text,
    ) ?? [];
  if (day === undefined) return null;
  const ms = Date.parse(time === undefined ? `${day}T00:00:00Z` : `${day}T${time}${zone ?? 'Z'}`);
  return Number.isNaN(ms) || !isRealDay(day) ? null : ms;
}
