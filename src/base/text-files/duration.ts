// Reads durations as users write them in files and on the command line: 2s, 15m, 24h, 7d.

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `2s`, `15m`, `24h` or `7d` as milliseconds; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})(s|m|h|d)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * unitsMs[unit as keyof typeof unitsMs];
}

/** Writes a duration in the largest unit that it is a whole number of. */
export function showDuration(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find(
    (one) => ms >= unitsMs[one] && ms % unitsMs[one] === 0,
  );
  return unit === undefined ? `${ms}ms` : `${ms / unitsMs[unit]}${unit}`;
}
