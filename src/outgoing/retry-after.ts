// Reads the Retry-After header of a response, up to one day.

const longestMs = 24 * 60 * 60 * 1000;

/**
 * Returns the delay that a response asks for, in seconds or as an HTTP date: at most 24 hours.
 * @returns null if it asks for none or the value is invalid.
 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestMs);
  // All three HTTP date formats begin with the day of the week; Date.parse alone accepts almost anything.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return null;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : Math.min(Math.max(moment - nowMs, 0), longestMs);
}
