// Times on the wire are unix seconds.

export const seconds = (ms: number): number => Math.floor(ms / 1000);

export const secondsOrNull = (ms: number | null): number | null =>
  ms === null ? null : seconds(ms);
