// The pagination cursor of the log of outbound events: an event id that a client received, converted to the position
// from which to continue. The id itself is the cursor.

import type { Connection } from '../../database/pool.ts';
import {
  beginningOfLog,
  findEvent,
  idOfRow,
  type LogPosition,
  type LogScope,
  readEventsBackwards,
} from './event-log.ts';

/** The position from which a reader continues. */
export type Cursor = {
  readonly place: LogPosition;
  /** The id of the event there; null at the beginning. */
  readonly id: string | null;
};

/**
 * Finds the position from which a reader that names an event misses nothing. If the event is not settled yet (the
 * reader got it by callback), others may still appear before it: then the position is after the last settled event,
 * and the reader gets the named event again.
 * @returns null if there is no such event in this scope.
 */
export async function findCursor(
  connection: Connection,
  scope: LogScope,
  id: string,
): Promise<Cursor | null> {
  // Read before the event: what becomes settled afterwards must not count.
  const { rows } = await connection.query<{ position: number }>({
    name: 'settled_position',
    text: 'select settled_position() as position',
  });
  const settled = rows[0]!.position;
  const named = await findEvent(connection, scope, id);
  if (named === null) return null;
  if (named.position < settled) return { place: named, id };
  const end = { position: settled, conversationId: 0, sequence: 0 };
  const [newest] = await readEventsBackwards(connection, scope, end, 1);
  if (newest === undefined) return { place: beginningOfLog, id: null };
  return { place: newest, id: idOfRow(newest) };
}
