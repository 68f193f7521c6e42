// The log never contains tokens, bodies, names, addresses or passwords, not even at level trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../support/postgres.ts';
import { startParley, TOKEN } from '../support/process.ts';
import { eventBody, request } from '../support/server.ts';

const database = await openTestDatabase();

test('log: contains nothing of requests but our ids, even at level trace', async () => {
  const { parley, url } = await startParley({
    settings: { PARLEY_DATABASE_URL: database.url, PARLEY_LOG_LEVEL: 'trace' },
  });
  const marked = eventBody('new_message', {
    event_id: 'marked_event',
    external_conversation_id: 'marked_conversation',
    contact: {
      type: 'user',
      external_id: 'marked_person',
      name: 'Marked Name',
      email: 'marked@example.com',
    },
    body: 'marked words',
  });
  const send = (path: string, body: unknown, token = TOKEN) =>
    request(`${url}${path}`, 'POST', body, { authorization: `Bearer ${token}` });
  const { body: _, ...opening } = marked;
  const statuses = [
    await send('/custom_channel_events/notify_new_conversation', {
      ...opening,
      event_id: 'marked_0',
    }),
    await send('/custom_channel_events/notify_new_message', marked),
    await send('/custom_channel_events/notify_new_message', { ...marked, body: 'marked, other' }),
    await send('/custom_channel_events/notify_new_message', '{"body":"marked, broken'),
    await send('/custom_channel_events/notify_new_message?marked=query', {
      ...marked,
      contact: 'marked',
    }),
    await send('/custom_channel_events/notify_new_message', marked, 'marked_token_of_nobody'),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [200, 200, 422, 400, 422, 401]);

  // PostgreSQL is unreachable: the failure is logged with its error.
  await database.sql(`alter database ${database.target.database} connection limit 0`);
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  const away = await send('/custom_channel_events/notify_new_message', {
    ...marked,
    event_id: 'marked_2',
  });
  await database.sql(`alter database ${database.target.database} connection limit -1`);
  assert.equal(away.status, 503);
  await parley.stop();

  assert.match(parley.log, /"request.done"/);
  assert.match(parley.log, new RegExp(away.body.request_id));
  for (const secret of [/marked/i, new RegExp(TOKEN), new RegExp(database.target.password)]) {
    assert.doesNotMatch(parley.log, secret);
  }
});
