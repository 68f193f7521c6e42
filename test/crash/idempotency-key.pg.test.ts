// A Parley is killed in the middle of requests with an idempotency key, and another one on the same database gets the
// repeats: each effect is there exactly once, and the repeat gets a response.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient, IntercomError } from 'intercom-client';
import type { FaultPoint } from '../../src/base/fault-points.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startParley, TOKEN } from '../support/process.ts';
import { nextNumber, person } from '../support/server.ts';
import { times } from '../support/thoroughness.ts';

const database = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_LOG_LEVEL: 'warn' };
const clientOf = (baseUrl: string) => new IntercomClient({ token: TOKEN, baseUrl, maxRetries: 0 });
const survivor = clientOf((await startParley({ settings })).url);
const me = (await survivor.admins.identify())!.id!;

async function begin() {
  const number = nextNumber();
  return survivor.customChannelEvents.notifyNewConversation({
    event_id: `killed_${number}`,
    external_conversation_id: `killed_${number}`,
    contact: { ...person(`killed_${number}`), type: 'user' },
  });
}

type Options = { readonly headers: Record<string, string> };
type Send = (client: IntercomClient, options: Options) => Promise<unknown>;

/** Sends a request to a Parley that dies of it, then to one that lives. @returns the response of the repeat. */
async function killAndRepeat(point: FaultPoint, send: Send, between?: () => Promise<unknown>) {
  const { parley, url } = await startParley({
    settings: { ...settings, PARLEY_FAULT_POINT: `${point}:1` },
  });
  const options = { headers: { 'Idempotency-Key': `killed-at-${point}-${nextNumber()}` } };
  await assert.rejects(send(clientOf(url), options), IntercomError);
  assert.equal((await parley.exited).signal, 'SIGKILL', parley.log);
  await between?.();
  const repeated = await send(survivor, options);
  // By now there is a stored response.
  assert.deepEqual(await send(survivor, options), repeated);
  return repeated;
}

const rowsOf = async (sql: string, ...values: unknown[]): Promise<number> =>
  (await database.sql(sql, values)).length;

const nightlyPoints: readonly FaultPoint[] = ['before_load', 'before_persist'];
const replyPoints: readonly FaultPoint[] = [
  ...nightlyPoints.slice(0, times(0, nightlyPoints.length)),
  'during_persist',
  'after_persist',
  'before_response_stored',
];

test('killed: a repeated reply is said once, wherever the server died', async () => {
  const outcomes = await Promise.all(
    replyPoints.map(async (point) => {
      const { conversation_id: id } = await begin();
      const body = `Killed at ${point}`;
      const repeated = (await killAndRepeat(point, (client, options) =>
        client.conversations.reply(
          {
            conversation_id: id,
            body: { message_type: 'comment', type: 'admin', admin_id: me, body },
          },
          options,
        ),
      )) as { id: string };
      assert.equal(repeated.id, id);
      return {
        point,
        parts: await rowsOf('select from conversation_parts where body = $1', body),
        events: await rowsOf('select from outbound_events where body like $1', `%${body}%`),
      };
    }),
  );
  assert.deepEqual(
    outcomes,
    replyPoints.map((point) => ({ point, parts: 1, events: 1 })),
  );
});

test('killed: a repeated tag command creates the tag once and answers with it', async () => {
  const repeated = (await killAndRepeat('before_response_stored', (client, options) =>
    client.tags.create({ name: 'Killed' }, options),
  )) as { id: string };
  const tags = await database.sql<{ id: number }>("select id from tags where name = 'Killed'");
  assert.deepEqual(tags, [{ id: Number(repeated.id) }]);
  assert.equal(await rowsOf("select from audit_log where action = 'tag.created'"), 1);
});

test('killed: a repeated contact tag is not added again after it was removed', async () => {
  const { contact_id: contactId } = await begin();
  const tag = await survivor.tags.create({ name: 'Removed since' });
  const named = { contact_id: contactId, tag_id: tag.id! };
  const repeated = (await killAndRepeat(
    'before_response_stored',
    (client, options) => client.tags.tagContact({ contact_id: contactId, id: tag.id! }, options),
    () => survivor.tags.untagContact(named),
  )) as { id: string };
  assert.equal(repeated.id, tag.id);
  const { data } = await survivor.contacts.listAttachedTags({ contact_id: contactId });
  assert.deepEqual(data, []);
  assert.equal(await rowsOf("select from audit_log where action = 'contact.tagged'"), 1);
});
