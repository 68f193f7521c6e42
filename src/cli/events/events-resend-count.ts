// Says how many events were asked to be sent again, and why others were not.

import type { ResendCount } from '../../store/outbox/event-admin.ts';
import type { CommandCall } from '../kit/command.ts';

export const noResends: ResendCount = { requested: 0, upcoming: 0, withoutCallback: 0 };

export const addCounts = (a: ResendCount, b: ResendCount): ResendCount => ({
  requested: a.requested + b.requested,
  upcoming: a.upcoming + b.upcoming,
  withoutCallback: a.withoutCallback + b.withoutCallback,
});

/** Prints the outcome of a command that sends again. */
export function printResends(call: CommandCall, count: ResendCount, isDryRun: boolean): void {
  const { requested, upcoming, withoutCallback } = count;
  if (call.isJson) {
    const shown = { requested, upcoming, without_callback: withoutCallback, dry_run: isDryRun };
    call.print(JSON.stringify(shown));
    return;
  }
  const lines = [`${events(requested)} ${isDryRun ? 'would be' : 'will be'} sent again.`];
  if (upcoming > 0) {
    lines.push(
      `${events(upcoming)}: sent anyway, the turn is still to come; \`parley events send-now\` makes it now.`,
    );
  }
  if (withoutCallback > 0) {
    lines.push(`${events(withoutCallback)}: not sent, the channel has no callback.`);
  }
  call.print(lines.join('\n'));
}

const events = (count: number): string => `${count} ${count === 1 ? 'event' : 'events'}`;
