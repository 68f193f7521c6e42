// Reads a wait step: a duration, the next message, or a time of day in a zone.

import {
  DURATION_MAX_MS,
  DURATION_MIN_MS,
  describeValue,
  isEmptyList,
} from '../../../../base/text-files/field-reader.ts';
import { nearestName, suggestName } from '../../../../base/text-files/suggest.ts';
import type { StepOf } from '../../definition.ts';
import type { ReadingContext } from '../reading-context.ts';
import { readNext, readTimeout } from '../step-fields.ts';
import { readZone } from '../zone-reader.ts';

/** The names of days in files, from Sunday. */
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const everyDay: readonly number[] = [0, 1, 2, 3, 4, 5, 6];

type WaitStep = StepOf<'wait' | 'wait_until' | 'wait_for_message'>;

export function readWait(context: ReadingContext): WaitStep {
  const { id, fields } = context;
  const next = readNext(context);
  const timeout = readTimeout(context, next);
  const forMs = fields.duration('for', DURATION_MIN_MS, DURATION_MAX_MS);
  const until = readUntil(context);
  const zone = readZone(fields, 'zone') ?? null;
  const weekdays = readDays(context);
  if (fields.has('for') === fields.has('until')) {
    const reason = fields.has('for') ? 'has `for` and `until`' : 'does not say what for';
    fields.fault([], reason, 'write `for: 15m`, `until: message` or `until: "09:00"`');
  }
  if (until === 'message' || fields.has('for')) {
    for (const key of ['zone', 'days']) {
      if (fields.has(key))
        fields.fault([key], 'goes with a time such as `until: "09:00"` only', 'remove it');
    }
  }
  if (until === 'message') return { id, do: 'wait_for_message', timeout, next };
  if (timeout !== null && (fields.has('for') || until !== undefined)) {
    fields.fault(['timeout'], 'goes with `until: message` only', 'remove it');
  }
  if (until === undefined) return { id, do: 'wait', forMs: forMs ?? 0, next };
  return { id, do: 'wait_until', minuteOfDay: until, weekdays, zone, next };
}

/** Reads `until`: the next message, or a time of day as minutes since midnight. */
function readUntil({ fields }: ReadingContext): 'message' | number | undefined {
  const value = fields.value('until');
  if (value === undefined || value === 'message') return value;
  const [, hours, minutes] =
    (typeof value === 'string' && /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(value)) || [];
  if (hours !== undefined) return Number(hours) * 60 + Number(minutes);
  const isNear = typeof value === 'string' && nearestName(value, ['message']) !== undefined;
  const remedy = isNear
    ? 'did you mean "message"?'
    : 'write message, or a time in quotes from "00:00" to "23:59"';
  fields.fault(['until'], `cannot be ${describeValue(value)}`, remedy);
  return undefined;
}

function readDays({ fields }: ReadingContext): readonly number[] {
  const list = fields.list('days', { countMax: everyDay.length });
  if (list === undefined) return everyDay;
  if (isEmptyList(fields.value('days')))
    fields.fault(['days'], 'is empty', 'remove it to mean every day');
  const days = list.map((value, index) => {
    const day = (dayNames as readonly unknown[]).indexOf(value);
    if (day === -1) {
      const word = typeof value === 'string' ? value.toLowerCase() : '';
      const meant = dayNames.find((name) => word.startsWith(name));
      const remedy = meant === undefined ? suggestName(word, dayNames) : `write ${meant}`;
      fields.fault(['days', index], `is not a day: ${describeValue(value)}`, remedy);
    }
    return day;
  });
  if (new Set(days).size !== days.length) {
    fields.fault(['days'], 'names a day twice', 'remove one of the two');
  }
  return everyDay.filter((day) => days.includes(day));
}

/** Shows days in words. */
export const showDays = (weekdays: readonly number[]): string =>
  weekdays.length === everyDay.length
    ? 'any day'
    : [...weekdays.filter((day) => day > 0), ...weekdays.filter((day) => day === 0)]
        .map((day) => dayNames[day])
        .join(', ');
