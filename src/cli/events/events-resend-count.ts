// Asks for events to be sent again, and says how many were, and why others were not.

import { commandLine } from '../../core/model/audit.ts';
import type { Pool } from '../../database/pool.ts';
import { type EventKey, type ResendCount, requestResends } from '../../store/outbox/event-admin.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import type { CommandCall } from '../kit/command.ts';

/** How many events an audit entry names. */
export const EVENTS_NAMED_MAX = 10;

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

/** Requests resends, with an entry in the audit log. */
export function resendAudited(
  pool: Pool,
  workspaceId: number,
  keys: readonly EventKey[],
  isDryRun: boolean,
): Promise<ResendCount> {
  if (isDryRun) return requestResends(pool, workspaceId, keys, isDryRun);
  return changeAudited(pool, commandLine, async (connected) => {
    const value = await requestResends(connected, workspaceId, keys, isDryRun);
    const object = { type: 'workspace', id: String(workspaceId) } as const;
    const named = keys
      .slice(0, EVENTS_NAMED_MAX)
      .map((key) => `${key.conversationId} #${key.sequence}`);
    const details = { ...value, events: named };
    const entry = { action: 'event.resend_requested', object, relatedId: null, details } as const;
    return { value, workspaceId, entries: [entry] };
  });
}
