// Two servers on one database get the same requests at the same time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../support/postgres.ts';
import { startParley, TOKEN } from '../support/process.ts';
import { eventBody, person } from '../support/server.ts';
import { Client, type Outcome } from './client.ts';

const database = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_LOG_LEVEL: 'warn' };
const clients = await Promise.all(
  [1, 2].map(async () => new Client((await startParley({ settings })).url, TOKEN)),
);

type Body = Record<string, unknown>;

test('two servers: apply an event sent to both once, with one response', async () => {
  const conversation = { external_conversation_id: 'duplicates', contact: person('duplicates') };
  await sendToBoth('new_conversation', eventBody('new_conversation', conversation));
  const messages = Array.from({ length: 150 }, () => eventBody('new_message', conversation));
  const pairs = await Promise.all(messages.map((body) => sendToBoth('new_message', body)));

  const first = bodyOf(pairs[0]![0]);
  let replays = 0;
  for (const pair of pairs) {
    for (const outcome of pair) assert.deepEqual(bodyOf(outcome), first);
    const replayed = pair.filter(
      (outcome) => outcome.kind === 'answered' && outcome.headers['idempotent-replayed'] === 'true',
    );
    assert.equal(replayed.length, 1, 'one of the two is the replay');
    replays += replayed.length;
  }
  assert.equal(replays, messages.length);
  await expectParts(
    'duplicates',
    messages.map(({ body }) => String(body)),
  );
});

test('two servers: create one contact and conversation when both are asked to', async () => {
  const rounds = Array.from({ length: 60 }, (_, number) => ({
    external_conversation_id: `created_${number}`,
    contact: person(`created_${number}`),
  }));
  const bodies = await Promise.all(
    rounds.map(async (conversation) => {
      // Different events: only the unique external ids show that they mean the same rows.
      const [one, other] = await Promise.all(
        clients.map((client) =>
          notify(client, 'new_conversation', eventBody('new_conversation', conversation)),
        ),
      );
      assert.deepEqual(bodyOf(one!), bodyOf(other!));
      return bodyOf(one!);
    }),
  );
  const rows = await database.sql(
    `select v.id::text as conversation_id, c.id as contact_id
     from parley.conversations v join parley.contacts c on c.external_id = v.external_id
     where v.external_id like 'created\\_%'`,
  );
  const byId = (a: Body, b: Body) => (String(a.contact_id) < String(b.contact_id) ? -1 : 1);
  const ids = bodies.map(({ conversation_id, contact_id }) => ({ conversation_id, contact_id }));
  assert.deepEqual(rows.sort(byId), ids.sort(byId));
});

test('two servers: write each part of one hot conversation once, without a gap', async () => {
  const conversation = { external_conversation_id: 'hot', contact: person('hot') };
  await sendToBoth('new_conversation', eventBody('new_conversation', conversation));
  const messages = Array.from({ length: 400 }, () => eventBody('new_message', conversation));
  const outcomes = await Promise.all(
    messages.map((body, index) => notify(clients[index % 2]!, 'new_message', body)),
  );
  for (const outcome of outcomes) bodyOf(outcome);
  await expectParts(
    'hot',
    messages.map(({ body }) => String(body)),
  );
});

function notify(client: Client, kind: string, body: Body): Promise<Outcome> {
  return client.post(`/custom_channel_events/notify_${kind}`, body);
}

async function sendToBoth(kind: string, body: Body): Promise<[Outcome, Outcome]> {
  const [one, other] = await Promise.all(clients.map((client) => notify(client, kind, body)));
  return [one!, other!];
}

function bodyOf(outcome: Outcome): Body {
  assert.equal(outcome.kind === 'answered' && outcome.status, 200, JSON.stringify(outcome));
  return outcome.kind === 'answered' ? outcome.body : {};
}

/** The conversation holds exactly these words, in positions 1 to n. */
async function expectParts(externalId: string, bodies: readonly string[]): Promise<void> {
  const parts = await database.sql<{ position: number; body: string; count: number }>(
    `select p.position, p.body, v.part_count as count
     from parley.conversations v join parley.conversation_parts p on p.conversation_id = v.id
     where v.external_id = $1 order by p.position`,
    [externalId],
  );
  assert.deepEqual(
    parts.map(({ position }) => position),
    bodies.map((_, index) => index + 1),
  );
  assert.equal(parts[0]!.count, bodies.length);
  assert.deepEqual(parts.map(({ body }) => body).sort(), [...bodies].sort());
}
