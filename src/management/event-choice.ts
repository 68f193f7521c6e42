// Reads which events an operation is for, and the cursors of operations on many events.

import { fail, ok, type Result } from '../base/result.ts';
import { eventsNamedMax, type NamedEvent } from '../commands/resend-events.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { cleanText } from '../contract/text.ts';
import { readEventId } from '../core/conversation/outbound-event-id.ts';
import type { EventKey } from '../store/outbox/event-admin.ts';
import { readCursor, writeCursor } from '../store/search/cursor.ts';

/** Reads an event id, also in the form of the format `intercom`; null if it is none. */
export function eventKeyOf(text: string): NamedEvent | null {
  const id = text.replace(/^notif_/, '').toLowerCase();
  const key = readEventId(id);
  return key === null ? null : { ...key, id };
}

/** Reads the ids of events. */
export function readEventIds(ids: readonly string[]): Result<readonly NamedEvent[], ContractError> {
  const keys = ids.map(eventKeyOf);
  const wrong = ids.filter((_, index) => keys[index] === null);
  if (wrong.length === 0) return ok(keys.filter((key) => key !== null));
  return fail(noSuchEvents(wrong.map(cleanText)));
}

/** The error for events that do not exist. */
export const noSuchEvents = (ids: readonly string[]): ContractError =>
  apiError(
    'eventNotFound',
    'event_ids',
    `No such event: ${ids.slice(0, eventsNamedMax).join(', ')}`,
  );

export const isGiven = <Value>(value: Value | null | undefined): value is Value =>
  value !== null && value !== undefined;

/** The place of an event in the order of a list. */
export type EventPlace = EventKey & { readonly place: number };

/** Writes the cursor of a list of events. @param sort the order that it is made for. */
export const writePlace = (sort: string, { place, conversationId, sequence }: EventPlace): string =>
  writeCursor({ sort, key: place, id: `${conversationId}.${sequence}`, page: 1 });

/** Reads such a cursor; null if none is given. */
export function readPlace(
  text: string | null | undefined,
  sort: string,
): Result<EventPlace | null, ContractError> {
  if (!isGiven(text) || text === '') return ok(null);
  const cursor = readCursor(text);
  const wrong = fail(apiError('pageCursorInvalid', 'starting_after'));
  if (!cursor.ok || cursor.value.sort !== sort) return wrong;
  const { key: place, id } = cursor.value;
  const [, conversation, sequence] = /^(\d{1,16})\.(\d{1,9})$/.exec(String(id)) ?? [];
  const conversationId = Number(conversation);
  const isPlace = typeof place === 'number' && place >= 0 && Number.isSafeInteger(conversationId);
  return isPlace ? ok({ place, conversationId, sequence: Number(sequence) }) : wrong;
}
