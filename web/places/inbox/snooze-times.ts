// The times that snoozing offers, in the zone of this browser. Pure.

export type SnoozeTime = {
  readonly id: 'later' | 'tomorrow' | 'monday' | 'week';
  readonly until: number;
};

const MORNING_HOUR = 9;
const LATER_HOURS = 3;
const MONDAY = 1;

const morning = (from: Date, days: number): number =>
  new Date(from.getFullYear(), from.getMonth(), from.getDate() + days, MORNING_HOUR).getTime();

/** The local calendar is used, so that a change of clocks moves nothing. */
export function snoozeTimes(now: Date): readonly SnoozeTime[] {
  const daysToMonday = (MONDAY - now.getDay() + 7) % 7 || 7;
  const times: SnoozeTime[] = [
    { id: 'later', until: now.getTime() + LATER_HOURS * 3_600_000 },
    { id: 'tomorrow', until: morning(now, 1) },
    { id: 'monday', until: morning(now, daysToMonday) },
    { id: 'week', until: morning(now, 7) },
  ];
  return times.filter(
    ({ until }, index) => times.findIndex((one) => one.until === until) === index,
  );
}
