// The one place that reads the time of day. Everything pure takes `now` as an argument instead.

import { uptime } from 'node:os';

/** Milliseconds; since 1970, UTC, if nothing else is said. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Milliseconds since the process began. Nobody sets it: for how long something takes or rests, never for a date. */
export const steadyClock: Clock = () => performance.now();

/** Milliseconds since the machine began, those in which it slept included; the steady clock stands still meanwhile. */
export const uptimeClock: Clock = () => uptime() * 1000;
