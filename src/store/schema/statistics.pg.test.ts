// Conversations from before the statistics get from the migration what the engine would have counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { live, steps } from '../../core/conversation/life.fixture.ts';
import type { Conversation, Part } from '../../core/model/model.ts';
import { readMigrations } from './migrate.ts';

const database = await openTestDatabase();
const { sql: migration } = readMigrations().find(({ name }) => name === 'statistics')!;
const backfill = migration.slice(migration.indexOf('with parts as'));

async function store(conversations: readonly Conversation[], parts: readonly Part[]) {
  await database.sql(
    `insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state, created_at, updated_at,
      created_by_signal, first_contact_reply_at)
    select 1, id, 1, 'life-' || id, "contactId", state, now(), now(), 1, from_ms("firstContactReplyAt")
    from jsonb_to_recordset($1) as v(id bigint, "contactId" text, state text, "firstContactReplyAt" bigint)`,
    [JSON.stringify(conversations)],
  );
  await database.sql(
    `insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, body, author_type,
      author_id, state, assigned_to, created_at, created_by_signal)
    select 1, "conversationId", position, position, "partType", body, author ->> 'type', author ->> 'id', state,
      "assignedTo", from_ms("createdAt"), 1
    from jsonb_to_recordset($1) as p("conversationId" bigint, position integer, "partType" text, body text,
      author jsonb, state text, "assignedTo" json, "createdAt" bigint)`,
    [JSON.stringify(parts)],
  );
}

test('migration of statistics: computes what the engine counts', async () => {
  const lives = fc
    .sample(steps, 200)
    .map((some) => live(some))
    .map(({ conversation, lived }, index) => ({
      conversation: { ...conversation, id: index + 1 },
      parts: lived.map(({ part }) => ({ ...part, conversationId: index + 1 })),
    }));
  await store(
    lives.map(({ conversation }) => conversation),
    lives.flatMap(({ parts }) => parts),
  );
  await database.sql(backfill);
  const rows = await database.sql<Pick<Conversation, 'id' | 'statistics'>>(
    `select id, coalesce(statistics, '{}') as statistics from conversations order by id`,
  );
  assert.deepEqual(
    rows,
    lives.map(({ conversation: { id, statistics } }) => ({ id, statistics })),
  );
});
