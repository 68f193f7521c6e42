// The `date` filter of templates. Always UTC and English, and `now` is the time of the signal: neither the clock, the
// time zone nor the language of the machine is ever asked.

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

type Conversion = {
  readonly of: (date: Date) => string | number;
  readonly width?: number;
  readonly pad?: ' ';
};

const conversions: { readonly [letter: string]: Conversion } = {
  a: { of: (date) => days[date.getUTCDay()]!.slice(0, 3) },
  A: { of: (date) => days[date.getUTCDay()]! },
  b: { of: (date) => months[date.getUTCMonth()]!.slice(0, 3) },
  B: { of: (date) => months[date.getUTCMonth()]! },
  d: { of: (date) => date.getUTCDate(), width: 2 },
  e: { of: (date) => date.getUTCDate(), width: 2, pad: ' ' },
  H: { of: (date) => date.getUTCHours(), width: 2 },
  I: { of: (date) => date.getUTCHours() % 12 || 12, width: 2 },
  j: { of: (date) => dayOfYear(date), width: 3 },
  k: { of: (date) => date.getUTCHours(), width: 2, pad: ' ' },
  l: { of: (date) => date.getUTCHours() % 12 || 12, width: 2, pad: ' ' },
  L: { of: (date) => date.getUTCMilliseconds(), width: 3 },
  m: { of: (date) => date.getUTCMonth() + 1, width: 2 },
  M: { of: (date) => date.getUTCMinutes(), width: 2 },
  p: { of: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM') },
  P: { of: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm') },
  s: { of: (date) => Math.floor(date.getTime() / 1000) },
  S: { of: (date) => date.getUTCSeconds(), width: 2 },
  u: { of: (date) => date.getUTCDay() || 7 },
  w: { of: (date) => date.getUTCDay() },
  y: { of: (date) => Math.abs(date.getUTCFullYear()) % 100, width: 2 },
  Y: { of: (date) => date.getUTCFullYear(), width: 4 },
  z: { of: () => '+0000' },
  Z: { of: () => 'UTC' },
  '%': { of: () => '%' },
};

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

/**
 * A time in the letters of strftime; a letter that means nothing stays as it is. `-` before a letter takes the padding
 * away, `^` makes capitals.
 */
export function formatTime(ms: number, format: string): string {
  const date = new Date(ms);
  const whole = format.replaceAll(/%([FTRDh])/g, (_, letter: string) => shorthands[letter]!);
  return whole.replaceAll(/%([-^]*)([A-Za-z%])/g, (found, flags: string, letter: string) => {
    const conversion = conversions[letter];
    if (conversion === undefined) return found;
    const { width = 0, pad = '0' } = conversion;
    const text = String(conversion.of(date));
    const padded = flags.includes('-') ? text : text.padStart(width, pad);
    return flags.includes('^') ? padded.toUpperCase() : padded;
  });
}

/**
 * The instant that a value names: unix seconds, an ISO 8601 date or time (UTC where it names no zone), `now` or
 * `today`. Null when it names none.
 */
export function readTime(value: unknown, nowSeconds: number): number | null {
  if (value === 'now' || value === 'today') return nowSeconds * 1000;
  const ms = typeof value === 'number' ? value * 1000 : readTimeText(value);
  return ms !== null && Math.abs(ms) <= TIME_MAX_MS ? ms : null;
}

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
  return Number.isNaN(ms) ? null : ms;
}
