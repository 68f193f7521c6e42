// Requests that events are sent to their callbacks again: named ones, those of a channel since a time, or dead letters.
// The servers find the requests and send. At most a page of events at a time, so that no statement grows with the log.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Connection } from '../database/pool.ts';
import { findNoDeadLetters, listDeadLetters } from '../store/outbox/dead-letters.ts';
import {
  type EventKey,
  findEventsByKey,
  type ResendCount,
  requestResends,
} from '../store/outbox/event-admin.ts';
import { idOfRow, type LogPosition, readEventsBackwards } from '../store/outbox/event-log.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { type CommandContext, runCommand } from './command.ts';

const PAGE_EVENTS = 1_000;
/** Clocks of servers differ, so times in the log increase only roughly. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** How many events an audit entry or an error names. */
export const eventsNamedMax = 10;

/** An event, and the id by which the caller named it. */
export type NamedEvent = EventKey & { readonly id: string };

/** Which events to send again. */
export type ResendChoice =
  | { readonly what: 'events' | 'dead_letters'; readonly named: readonly NamedEvent[] }
  | {
      readonly what: 'events_since';
      readonly channelId: number;
      readonly sinceMs: number;
      /** Where a page begins; null: with the newest event. */
      readonly before: LogPosition | null;
    }
  | {
      readonly what: 'all_dead_letters';
      /** Null: any, as for the reason. */
      readonly channelId: number | null;
      readonly reason: string | null;
      readonly after: EventKey | null;
    };

export type Resends = ResendCount & {
  /** Where the next page begins; null: there is none. */
  readonly end: LogPosition | null;
};

/** Requests the resends of a page. */
export const resendEvents = (
  context: CommandContext,
  choice: ResendChoice,
): Promise<Result<Resends, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const chosen = await choose(connection, workspaceId, choice);
    if (!chosen.ok) return chosen;
    const { keys, end } = chosen.value;
    const count = await requestResends(connection, workspaceId, keys, false);
    if (keys.length > 0) {
      await addAuditEntry(connection, workspaceId, {
        action: 'event.resend_requested',
        actor,
        object: { type: 'workspace', id: String(workspaceId) },
        relatedId: null,
        details: { ...count, events: namesOf(keys) },
      });
    }
    return ok({ ...count, end });
  });

/** Counts what resendEvents() would do. Call it in a transaction. */
export async function countResends(
  connection: Connection,
  workspaceId: number,
  choice: ResendChoice,
): Promise<Result<Resends, ContractError>> {
  const chosen = await choose(connection, workspaceId, choice);
  if (!chosen.ok) return chosen;
  const { keys, end } = chosen.value;
  return ok({ ...(await requestResends(connection, workspaceId, keys, true)), end });
}

/** Names the first events for the audit log. */
export const namesOf = (keys: readonly EventKey[]): string[] =>
  keys
    .slice(0, eventsNamedMax)
    .map(({ conversationId, sequence }) => `${conversationId} #${sequence}`);

type Chosen = { readonly keys: readonly EventKey[]; readonly end: LogPosition | null };

async function choose(
  connection: Connection,
  workspaceId: number,
  choice: ResendChoice,
): Promise<Result<Chosen, ContractError>> {
  switch (choice.what) {
    case 'events': {
      const found = await findEventsByKey(connection, workspaceId, choice.named);
      const known = new Set(found.map(idOfRow));
      const absent = choice.named.filter(({ id }) => !known.has(id));
      if (absent.length > 0) return fail(absentError('eventNotFound', 'No such event', absent));
      return ok({ keys: choice.named, end: null });
    }
    case 'dead_letters': {
      const absent = await rejectOthers(connection, workspaceId, choice.named);
      return absent === null ? ok({ keys: choice.named, end: null }) : fail(absent);
    }
    case 'events_since': {
      const { channelId, sinceMs, before } = choice;
      const scope = { workspaceId, channelId, conversationId: null };
      const rows = await readEventsBackwards(connection, scope, before, PAGE_EVENTS);
      const isPast = rows.every(({ createdAt }) => createdAt < sinceMs - CLOCK_SLACK_MS);
      const keys = rows.filter(({ createdAt }) => createdAt >= sinceMs);
      return ok({ keys, end: endOf(rows, isPast) });
    }
    case 'all_dead_letters': {
      const { channelId, reason, after } = choice;
      const query = { workspaceId, channelId, reason, after, limit: PAGE_EVENTS };
      const letters = await listDeadLetters(connection, query);
      return ok({ keys: letters, end: endOf(letters.map((one) => ({ ...one, position: 0 }))) });
    }
  }
}

function endOf(rows: readonly LogPosition[], isPast = false): LogPosition | null {
  const last = rows.at(-1);
  if (last === undefined || rows.length < PAGE_EVENTS || isPast) return null;
  const { position, conversationId, sequence } = last;
  return { position, conversationId, sequence };
}

/** Returns the error if one of the events is not among the dead letters. */
export async function rejectOthers(
  connection: Connection,
  workspaceId: number,
  named: readonly NamedEvent[],
): Promise<ContractError | null> {
  const absent = await findNoDeadLetters(connection, workspaceId, named);
  if (absent.length === 0) return null;
  return absentError(
    'deadLetterNotFound',
    'No dead letter',
    absent.map((place) => named[place]!),
  );
}

function absentError(
  error: 'eventNotFound' | 'deadLetterNotFound',
  what: string,
  absent: readonly NamedEvent[],
): ContractError {
  const ids = absent.slice(0, eventsNamedMax).map(({ id }) => id);
  return apiError(error, 'event_ids', `${what}: ${ids.join(', ')}`);
}
