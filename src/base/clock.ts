// The one place that reads the time of day. Everything pure takes `now` as an argument instead.

import { uptime } from 'node:os';

/** Returns milliseconds, by default since 1970 (UTC). */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Returns milliseconds since the process began. It never jumps: use it for durations, never for a date. */
export const steadyClock: Clock = () => performance.now();

/** Returns milliseconds since the machine started, sleep included; the steady clock stands still during sleep. */
export const uptimeClock: Clock = () => uptime() * 1000;
