// Reads the Retry-After header of an answer. Trusts it no further than a day.

const longestMs = 24 * 60 * 60 * 1000;

/**
 * How long an answer asks us to wait: whole seconds or an HTTP date, at most 24 hours.
 * @returns null if it does not, or not understandably.
 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestMs);
  // A date in one of the three forms of HTTP begins with the day of the week; Date.parse alone takes almost anything.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return null;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : Math.min(Math.max(moment - nowMs, 0), longestMs);
}
