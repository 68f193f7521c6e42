// A time in templates: readable when written out, a number of seconds in calculations and comparisons.

import { formatTime, readTime } from './date-filter.ts';

/** How times are written out: for people, or as unix seconds for programs and for attributes that hold times. */
export type TimeForm = 'for_people' | 'as_seconds';

/** Whether a time is a day of the calendar or a moment. */
export type TimeKind = 'day' | 'moment';

/** A time. liquidjs compares it with the five methods. */
export class TimeValue {
  readonly seconds: number;
  readonly #kind: TimeKind;
  readonly #form: TimeForm;
  readonly #zone: string | null;

  /** @param zone the zone of the text; null: UTC, which the text names. */
  constructor(seconds: number, kind: TimeKind, form: TimeForm, zone: string | null) {
    this.seconds = seconds;
    this.#kind = kind;
    this.#form = form;
    this.#zone = zone;
  }

  /** Returns `2026-11-22` or `2026-11-22 10:30`, followed by `UTC` if there is no zone. Days have no zone. */
  toString(): string {
    if (this.#form === 'as_seconds') return String(this.seconds);
    const ms = this.seconds * 1000;
    if (this.#kind === 'day') return formatTime(ms, '%F', 'UTC');
    return this.#zone === null
      ? formatTime(ms, '%F %R UTC', 'UTC')
      : formatTime(ms, '%F %R', this.#zone);
  }

  /** Whether this is a day of the calendar, which has no zone. */
  get isDay(): boolean {
    return this.#kind === 'day';
  }

  toJSON(): number {
    return this.seconds;
  }

  equals(other: unknown): boolean {
    return this.seconds === secondsOf(other);
  }

  gt(other: unknown): boolean {
    return this.seconds > secondsOf(other);
  }

  geq(other: unknown): boolean {
    return this.seconds >= secondsOf(other);
  }

  lt(other: unknown): boolean {
    return this.seconds < secondsOf(other);
  }

  leq(other: unknown): boolean {
    return this.seconds <= secondsOf(other);
  }
}

/** Reads a value as a time; NaN, which compares with nothing, if it is none. */
function secondsOf(value: unknown): number {
  if (value instanceof TimeValue) return value.seconds;
  const ms = readTime(value, 0);
  return ms === null ? Number.NaN : ms / 1000;
}
