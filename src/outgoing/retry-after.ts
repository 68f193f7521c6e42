// Reads the Retry-After header of a response. Trusts it for a day at most.

const longestMs = 24 * 60 * 60 * 1000;

/**
 * The delay that a response asks for, as whole seconds or an HTTP date: at most 24 hours.
 * @returns null if it asks for none, or the value cannot be read.
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
