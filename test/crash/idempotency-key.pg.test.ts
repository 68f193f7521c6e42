// A Parley is killed in the middle of requests with an idempotency key, and another one on the same database gets the
// repeats: each effect is there exactly once, and the repeat gets a response.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntercomClient, IntercomError } from 'intercom-client';
import type { FaultPoint } from '../../src/base/fault-points.ts';
import { limits } from '../../src/base/limits.ts';
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

const contactPoints: readonly FaultPoint[] = ['during_persist', 'after_persist'].slice(
  0,
  times(1, 2),
) as FaultPoint[];

test('killed: a repeated merge is whole, with one event in each conversation', async () => {
  for (const point of [...contactPoints, 'before_response_stored'] as const) {
    const number = nextNumber();
    const contact = { type: 'lead' as const, external_id: `killed_lead_${number}` };
    const begun = await Promise.all(
      ['a', 'b'].map((thread) =>
        survivor.customChannelEvents.notifyNewConversation({
          event_id: `killed_${number}_${thread}`,
          external_conversation_id: `killed_${number}_${thread}`,
          contact,
        }),
      ),
    );
    const { contact_id: into } = await begin();
    const from = begun[0]!.contact_id;
    const merged = (await killAndRepeat(point, (client, options) =>
      client.contacts.mergeLeadInUser({ from, into }, options),
    )) as { id: string };
    assert.equal(merged.id, into);
    const events = await database.sql<{ id: number }>(
      `select conversation_id as id from outbound_events where name = 'contact_merged'
         and body::json -> 'merged_from' ->> 'id' = $1 order by 1`,
      [from],
    );
    assert.deepEqual(
      events.map(({ id }) => String(id)),
      begun.map(({ conversation_id: id }) => id).toSorted((a, b) => Number(a) - Number(b)),
      point,
    );
    assert.equal(await rowsOf('select from conversations where contact_id = $1', into), 3);
    assert.equal(await rowsOf('select from audit_log where related_id = $1', from), 1);
    await assert.rejects(survivor.contacts.find({ contact_id: from }), { statusCode: 404 });
  }
});

test('killed: a repeated creation of a lead without a name creates one', async () => {
  const name = 'Killed while created';
  for (const point of [...contactPoints, 'before_response_stored'] as const) {
    await killAndRepeat(point, (client, options) =>
      client.contacts.create({ role: 'lead', name: `${name} at ${point}` }, options),
    );
    assert.equal(await rowsOf('select from contacts where name = $1', `${name} at ${point}`), 1);
  }
});

test('killed: a repeated deletion of a conversation removes all of it once', async () => {
  for (const point of [...contactPoints, 'before_response_stored'] as const) {
    const { conversation_id: id } = await begin();
    const conversation_id = Number(id);
    const body = { message_type: 'comment' as const, type: 'admin' as const, admin_id: me };
    await survivor.conversations.reply({ conversation_id: id, body: { ...body, body: 'Bye' } });
    const deleted = await killAndRepeat(point, (client, options) =>
      client.conversations.deleteConversation({ conversation_id }, options),
    );
    assert.deepEqual(deleted, { id, object: 'conversation', deleted: true });
    const events = await database.sql<{ name: string }>(
      'select name from outbound_events where conversation_id = $1 order by sequence',
      [id],
    );
    assert.deepEqual(
      events.map(({ name }) => name),
      ['new_message', 'conversation_deleted'],
      point,
    );
    assert.equal(await rowsOf('select from conversation_parts where conversation_id = $1', id), 0);
    const audited = `select from audit_log where action = 'conversation.deleted' and object_id = $1`;
    assert.equal(await rowsOf(audited, id), 1);
  }
});

test('killed: a repeated deletion answers that the contact is deleted', async () => {
  const { contact_id: contactId } = await begin();
  const deleted = (await killAndRepeat('before_response_stored', (client, options) =>
    client.contacts.delete({ contact_id: contactId }, options),
  )) as { id: string; deleted: boolean };
  assert.deepEqual([deleted.id, deleted.deleted], [contactId, true]);
  assert.equal(await rowsOf("select from audit_log where action = 'contact.deleted'"), 1);
});

test('killed: a repeated deletion closes more conversations than go in one step', async () => {
  const contact = { ...person(`killed_many_${nextNumber()}`), type: 'user' as const };
  const begun = await Promise.all(
    Array.from({ length: limits.conversationsWithContactMax + 5 }, () => {
      const external_conversation_id = `killed_many_${nextNumber()}`;
      return survivor.customChannelEvents.notifyNewConversation({
        event_id: external_conversation_id,
        external_conversation_id,
        contact,
      });
    }),
  );
  const { contact_id } = begun[0]!;
  await killAndRepeat('after_persist', (client, options) =>
    client.contacts.delete({ contact_id }, options),
  );
  const open = `select from conversations where contact_id = $1 and state <> 'closed'`;
  assert.equal(await rowsOf(open, contact_id), 0);
});
