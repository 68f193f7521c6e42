// Times as people read them, in the zone of this browser.

import { useEffect, useState } from 'react';
import { words } from '../words/en.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  hour: 'numeric',
  minute: '2-digit',
});
const dayOfYear = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const wholeDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  month: 'long',
  day: 'numeric',
});
const wholeYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
const mediumDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const everything = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export const clockTime = (at: number): string => clock.format(at);
export const dayOnly = (at: number): string => mediumDay.format(at);
export const fullTime = (at: number): string => everything.format(at);

/** "6m", "3h", "2d". */
export function shortAge(sinceMs: number, nowMs: number): string {
  const age = Math.max(0, nowMs - sinceMs);
  if (age < MINUTE_MS) return words.time.now;
  if (age < HOUR_MS) return words.time.minutes(Math.floor(age / MINUTE_MS));
  if (age < 2 * DAY_MS) return words.time.hours(Math.floor(age / HOUR_MS));
  return words.time.days(Math.floor(age / DAY_MS));
}

/** "6 minutes", for screen readers. */
export function spokenAge(sinceMs: number, nowMs: number): string {
  const age = Math.max(0, nowMs - sinceMs);
  if (age < HOUR_MS) return words.time.spokenMinutes(Math.floor(age / MINUTE_MS));
  if (age < 2 * DAY_MS) return words.time.spokenHours(Math.floor(age / HOUR_MS));
  return words.time.spokenDays(Math.floor(age / DAY_MS));
}

const isSameDay = (a: number, b: number): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString();

/** A day as a heading: "Today", "Monday, 3 March". */
export function dayName(at: number, nowMs: number): string {
  if (isSameDay(at, nowMs)) return words.time.today;
  if (isSameDay(at, nowMs - DAY_MS)) return words.time.yesterday;
  return nowMs - at < 300 * DAY_MS ? wholeDay.format(at) : wholeYear.format(at);
}

/** A moment near now: "14:02", "Mon 9:00", "12 Mar". */
export function nearTime(at: number, nowMs: number): string {
  if (isSameDay(at, nowMs)) return clock.format(at);
  return Math.abs(at - nowMs) < 6 * DAY_MS ? weekday.format(at) : dayOfYear.format(at);
}

/** The present, twice a minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS / 2);
    return () => clearInterval(timer);
  }, []);
  return now;
}
