// Delivery against real receivers: order, failures, dead letters and resends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { readEventId } from '../core/conversation/outbound-event-id.ts';
import { newSecret, type Received, Stage, sequencesOf, startReceiver } from './stage.fixture.ts';

const database = await openTestDatabase();
const stage = await Stage.open(database);
const delivery = await stage.deliver();

/** Starts a receiver with its own channel. */
async function newChannel(fields: Partial<Parameters<Stage['addChannel']>[0]> = {}) {
  const receiver = await startReceiver();
  const channelId = await stage.addChannel({
    url: receiver.url,
    retryDelaysMs: [100, 100, 100],
    ...fields,
  });
  const wake = () => delivery.wake([{ workspaceId: stage.workspaceId, channelId }]);
  return { receiver, channelId, wake };
}

const isIdle = async (conversationId: number): Promise<boolean> =>
  (await stage.lane(conversationId)).due === null;

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('delivery: every event of many conversations arrives once and in order', async () => {
  const { receiver, channelId, wake } = await newChannel();
  const ids = await stage.addConversations(channelId, 150, 20);
  wake();
  await until('all arrived', () => receiver.received.length >= 3_000);
  for (const id of ids) {
    assert.deepEqual(sequencesOf(receiver, id), oneTo(20));
    await until('settled', () => isIdle(id));
  }
  assert.deepEqual(receiver.overlaps, []);
  assert.equal((await stage.attempts(ids[0]!)).length, 20);
});

test('delivery: request carries signature, token and event headers', async () => {
  const secret = newSecret();
  const { receiver, channelId, wake } = await newChannel({
    secret,
    token: 'sesame',
    tokenHeader: 'X-Token',
  });
  const id = await stage.addConversation(channelId, 1);
  wake();
  await until('arrived', () => receiver.received.length === 1);
  const { headers, text } = receiver.received[0]!;
  new Webhook(secret).verify(text, headers as Record<string, string>);
  assert.equal(headers['x-token'], 'sesame');
  assert.equal(headers['parley-event'], 'new_message');
  assert.equal(headers['user-agent'], 'Parley/test');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-event-id'], headers['webhook-id']);
  assert.deepEqual(readEventId(String(headers['webhook-id'])), { conversationId: id, sequence: 1 });
  const [stored] = await database.sql<{ body: string }>(
    'select body from outbound_events where conversation_id = $1',
    [id],
  );
  assert.equal(text, stored!.body);
});

test('delivery: a token without a header name is a bearer token', async () => {
  const { receiver, channelId, wake } = await newChannel({ token: 'sesame' });
  await stage.addConversation(channelId, 1);
  wake();
  await until('arrived', () => receiver.received.length === 1);
  assert.equal(receiver.received[0]!.headers.authorization, 'Bearer sesame');
});

test('delivery: an event is retried after 500, timeout, hang-up and redirect', async () => {
  const { receiver, channelId, wake } = await newChannel({ timeoutMs: 300 });
  const inner = await startReceiver();
  const failures: ((
    request: Received,
    response: Parameters<typeof receiver.respond>[1],
  ) => unknown)[] = [
    (_, response) => response.writeHead(500).end('broken'),
    () => {},
    (_, response) => response.destroy(),
  ];
  const redirect: (typeof failures)[0] = (_, response) =>
    response.writeHead(302, { location: inner.url }).end();
  const script = [...failures, null, redirect, null, null];
  receiver.respond = (request, response) => {
    const failure = script.shift();
    return failure ? failure(request, response) : response.end();
  };
  const id = await stage.addConversation(channelId, 3);
  wake();
  await until('settled', () => isIdle(id));
  assert.deepEqual(sequencesOf(receiver, id), [1, 1, 1, 1, 2, 2, 3]);
  assert.deepEqual(await stage.attempts(id), [
    '1 retry 500',
    '1 retry',
    '1 retry',
    '1 delivered 200',
    '2 retry 302',
    '2 delivered 200',
    '3 delivered 200',
  ]);
  assert.equal(inner.received.length, 0);
  assert.equal(
    new Set(receiver.received.slice(0, 4).map(({ headers }) => headers['webhook-id'])).size,
    1,
  );
  const [first] = await database.sql<{ detail: string }>(
    'select detail from delivery_attempts where conversation_id = $1 order by attempted_at limit 1',
    [id],
  );
  assert.equal(first!.detail, 'broken');
});

test('delivery: Retry-After delays the next attempt', async () => {
  const { receiver, channelId, wake } = await newChannel();
  receiver.respond = (_, response) => {
    if (receiver.received.length > 1) response.end();
    else response.writeHead(429, { 'retry-after': '1' }).end();
  };
  const id = await stage.addConversation(channelId, 1);
  wake();
  await until('settled', () => isIdle(id));
  const [first, second] = receiver.received;
  assert.ok(second!.at - first!.at >= 950, `${second!.at - first!.at} ms`);
});

test('delivery: a dead letter is named as a gap by the next event', async () => {
  const { receiver, channelId, wake } = await newChannel({ retryDelaysMs: [50] });
  receiver.respond = ({ body: { sequence } }, response) =>
    response.writeHead({ 2: 422, 3: 503 }[sequence as number] ?? 200).end();
  const id = await stage.addConversation(channelId, 5);
  wake();
  await until('settled', () => isIdle(id));
  assert.deepEqual(sequencesOf(receiver, id), [1, 2, 3, 3, 4, 5]);
  assert.deepEqual(await stage.deadLetters(id), ['2: status 422', '3: status 503']);
  const gaps = receiver.received.map(({ body }) => body.gap);
  const gap = { from: 2, to: 3 };
  assert.deepEqual(gaps, [
    undefined,
    undefined,
    { from: 2, to: 2 },
    { from: 2, to: 2 },
    gap,
    undefined,
  ]);
  assert.equal((await stage.lane(id)).gap, null);
});

test('delivery: 410 disables the channel; once enabled, it goes on where it was', async () => {
  const { receiver, channelId, wake } = await newChannel();
  receiver.respond = (_, response) => response.writeHead(410).end();
  const id = await stage.addConversation(channelId, 2);
  wake();
  const isDisabled = async () => {
    const [row] = await database.sql<{ reason: string | null }>(
      'select disabled_reason as reason from channel_callbacks where channel_id = $1',
      [channelId],
    );
    return row!.reason === 'status 410';
  };
  await until('disabled', isDisabled);
  const tried = receiver.received.length;
  const [row] = await database.sql<{ at: number | null }>(
    'select disabled_at as at from channel_callbacks where channel_id = $1',
    [channelId],
  );
  assert.notEqual(row!.at, null);
  assert.equal((await stage.lane(id)).next, 1);
  receiver.respond = (_, response) => response.end();
  wake();
  await stage.addEvent(channelId, id, 3);
  wake();
  assert.equal(receiver.received.length, tried);
  await database.sql(
    'update channel_callbacks set disabled_at = null, disabled_reason = null where channel_id = $1',
    [channelId],
  );
  await until('settled', () => isIdle(id));
  assert.deepEqual(sequencesOf(receiver, id), [...Array(tried).fill(1), 1, 2, 3]);
});

test('delivery: a resend goes before new events and leaves the dead letters', async () => {
  const { receiver, channelId, wake } = await newChannel();
  receiver.respond = ({ body: { sequence } }, response) =>
    response.writeHead(sequence === 1 ? 400 : 200).end();
  const id = await stage.addConversation(channelId, 2);
  wake();
  await until('settled', () => isIdle(id));
  assert.deepEqual(await stage.deadLetters(id), ['1: status 400']);
  receiver.respond = (_, response) => response.end();
  await database.sql(
    'insert into delivery_resends (workspace_id, conversation_id, sequence) values ($1, $2, 1)',
    [stage.workspaceId, id],
  );
  await stage.addEvent(channelId, id, 3);
  wake();
  await until('settled', () => isIdle(id));
  assert.deepEqual(sequencesOf(receiver, id), [1, 2, 1, 3]);
  assert.deepEqual(await stage.deadLetters(id), []);
  assert.deepEqual(
    await database.sql('select from delivery_resends where conversation_id = $1', [id]),
    [],
  );
  assert.equal((await stage.lane(id)).next, 4);
});

test('delivery: a resend that keeps failing is a dead letter again', async () => {
  const { receiver, channelId, wake } = await newChannel();
  const id = await stage.addConversation(channelId, 1);
  wake();
  await until('settled', () => isIdle(id));
  receiver.respond = (_, response) => response.writeHead(400).end();
  await database.sql(
    'insert into delivery_resends (workspace_id, conversation_id, sequence) values ($1, $2, 1)',
    [stage.workspaceId, id],
  );
  // No wake names the lane, but it is found.
  await until('tried', () => receiver.received.length === 2);
  await until('dead-lettered', async () => (await stage.deadLetters(id)).length === 1);
  receiver.respond = (_, response) => response.writeHead(503).end();
  await database.sql(
    'insert into delivery_resends (workspace_id, conversation_id, sequence) values ($1, $2, 1)',
    [stage.workspaceId, id],
  );
  await database.sql('update delivery_lanes set due_at = now() where conversation_id = $1', [id]);
  await stage.addEvent(channelId, id, 2);
  wake();
  await until('tried', () => receiver.received.length === 3);
  await until('counted', async () => {
    const rows = await database.sql<{ attempt: number }>(
      'select attempt from delivery_resends where conversation_id = $1',
      [id],
    );
    return rows[0]?.attempt === 1;
  });
  assert.equal((await stage.lane(id)).next, 2);
  receiver.respond = (_, response) => response.end();
  await until('settled', () => isIdle(id));
  assert.deepEqual(sequencesOf(receiver, id), [1, 1, 1, 1, 2]);
  assert.deepEqual(await stage.deadLetters(id), []);
});

test('delivery: both secrets sign during a rotation, and then only the new one', async () => {
  const [old, current] = [newSecret(), newSecret()];
  const { receiver, channelId, wake } = await newChannel({ secret: current });
  const { secretBox } = await import('./stage.fixture.ts');
  const sealed = secretBox.seal(old, `callback secret ${stage.workspaceId} ${channelId}`);
  const rotate = (interval: string) =>
    database.sql(
      `update channel_callbacks set previous_secret_sealed = $2,
         previous_secret_until = now() + $3::interval where channel_id = $1`,
      [channelId, sealed, interval],
    );
  await rotate('1 hour');
  const id = await stage.addConversation(channelId, 1);
  wake();
  await until('arrived', () => receiver.received.length === 1);
  const verify = (secret: string, { text, headers }: Received) =>
    new Webhook(secret).verify(text, headers as Record<string, string>);
  verify(old, receiver.received[0]!);
  verify(current, receiver.received[0]!);
  await rotate('-1 second');
  await until('only the new one', async () => {
    const sequence = receiver.received.length + 1;
    await stage.addEvent(channelId, id, sequence);
    wake();
    await until('arrived', () => receiver.received.length === sequence);
    return !String(receiver.received.at(-1)!.headers['webhook-signature']).includes(' ');
  });
  verify(current, receiver.received.at(-1)!);
  assert.throws(() => verify(old, receiver.received.at(-1)!));
});

test('delivery: the Intercom format counts attempts in the body', async () => {
  const { receiver, channelId, wake } = await newChannel({ format: 'intercom' });
  receiver.respond = (_, response) =>
    response.writeHead(receiver.received.length < 3 ? 500 : 200).end();
  const id = await stage.addConversation(channelId, 1);
  wake();
  await until('settled', () => isIdle(id));
  assert.deepEqual(
    receiver.received.map(({ body }) => body.delivery_attempts),
    [1, 2, 3],
  );
  const firstSent = receiver.received.map(({ body }) => body.first_sent_at);
  assert.equal(new Set(firstSent).size, 1);
});

test('delivery: an ephemeral event is sent once, even if it fails', async () => {
  const { receiver, channelId, wake } = await newChannel();
  const id = await stage.addConversation(channelId, 1);
  wake();
  await until('settled', () => isIdle(id));
  receiver.respond = (_, response) => response.writeHead(500).end();
  const body = JSON.stringify({ event_id: 'x', event_name: 'typing_started', sequence: null });
  delivery.sendEphemeral(stage.workspaceId, channelId, body);
  await until('arrived', () => receiver.received.length === 2);
  assert.equal(receiver.received[1]!.text, body);
  assert.equal(receiver.received[1]!.headers['parley-event'], 'typing_started');
  receiver.respond = (_, response) => response.end();
  await stage.addEvent(channelId, id, 2);
  wake();
  await until('settled', () => isIdle(id));
  assert.equal(receiver.received.length, 3);
});
