// Writes outbound events into a test's database as the engine does: numbered in their conversation, at positions that
// rise with transactions.

import pg from 'pg';
import { eventId } from '../../src/core/conversation/outbound-event-id.ts';
import { asStartupOptions } from '../../src/database/pool.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

export type LoggedConversation = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  /** The sequence of its last event. */
  sequence: number;
};

let conversationCount = 1000;

/** Creates a conversation of a channel (the first one by default) without events. */
export async function addConversation(
  database: TestDatabase,
  channel: { workspaceId: number; channelId: number } = { workspaceId: 1, channelId: 1 },
): Promise<LoggedConversation> {
  conversationCount += 1;
  const conversationId = conversationCount;
  const { workspaceId, channelId } = channel;
  await database.sql(
    `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, created_at, updated_at,
       created_by_signal)
     values ($1, $2, $3, $4, 'nobody', 'open', now(), now(), $2)`,
    [workspaceId, conversationId, channelId, `talk_${conversationId}`],
  );
  return { workspaceId, channelId, conversationId, sequence: 0 };
}

type Runner = { query(text: string, values: unknown[]): Promise<unknown> };

/** Adds an event. @returns its id. */
export async function addEvent(
  database: TestDatabase | Runner,
  conversation: LoggedConversation,
  text = 'Hello',
): Promise<string> {
  conversation.sequence += 1;
  const now = Date.now();
  const id = eventId(conversation.conversationId, conversation.sequence, now);
  const body = JSON.stringify({
    event_id: id,
    event_name: 'new_message',
    conversation_id: String(conversation.conversationId),
    sequence: conversation.sequence,
    message: { body_text: text },
  });
  const statement = `insert into parley.outbound_events
      (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
    values ($1, $2, $3, $4, 'new_message', $5, parley.next_position(), parley.from_ms($6))`;
  const { workspaceId, conversationId, sequence, channelId } = conversation;
  const values = [workspaceId, conversationId, sequence, channelId, body, now];
  await ('sql' in database ? database.sql(statement, values) : database.query(statement, values));
  return id;
}

/**
 * Waits until all committed events are settled, so that readers of the log see them. Open transactions of other tests
 * in the cluster delay that.
 */
export async function untilSettled(database: TestDatabase): Promise<void> {
  await until('all events are settled', async () => {
    const [row] = await database.sql(
      'select coalesce(max(position) < parley.settled_position(), true) as settled from parley.outbound_events',
    );
    return row!.settled === true;
  });
}

/** Opens a separate connection for transactions that stay open. The caller ends it. */
export async function connectAsEngine(database: TestDatabase): Promise<pg.Client> {
  const options = asStartupOptions({ 'parley.scope': 'engine', search_path: 'parley' });
  const client = new pg.Client({ ...database.target, options });
  await client.connect();
  return client;
}
