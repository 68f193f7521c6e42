// Puts a backlog into the log of a Parley, as its engine would have left it: the events, and for each conversation a
// due lane. The lanes are added last and all at once, so that delivery starts with everything there.

import type { BenchDatabase } from '../database.ts';
import type { BacklogEvent } from './backlog.ts';

const eventsSql = `
insert into outbound_events
  (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
select 1, "conversationId", sequence, (select min(id) from channels), name, body,
  (select next_position()), from_ms("createdAt")
from json_to_recordset($1) as r(
  "conversationId" bigint, sequence int, name text, body text, "createdAt" bigint)`;

const lanesSql = `
insert into delivery_lanes
  (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
select workspace_id, conversation_id, channel_id, 1, max(sequence), null
from outbound_events group by workspace_id, conversation_id, channel_id`;

const CHUNK = 5_000;

/** Empties the database, then queues the events. */
export async function queueInParley(
  database: BenchDatabase,
  events: readonly BacklogEvent[],
): Promise<void> {
  await database.empty();
  for (let done = 0; done < events.length; done += CHUNK) {
    await database.sql(eventsSql, [JSON.stringify(events.slice(done, done + CHUNK))]);
  }
  await database.sql(lanesSql);
  await database.sql('vacuum analyze outbound_events, delivery_lanes');
  await database.checkpoint();
  await database.sql('update delivery_lanes set due_at = now()');
}
