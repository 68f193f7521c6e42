// Many channels whose receivers take requests and never respond: other channels are served as if they were alone.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import type { DeliveryWorker } from './delivery-worker.ts';
import { type Receiver, Stage, startReceiver } from './stage.fixture.ts';

const database = await openTestDatabase();
/** So long that a delivery that waits for one of these calls is late. */
const timeoutMs = 30_000;

type Hanging = { readonly receiver: Receiver; readonly drop: () => void };

/** Starts a receiver that is silent; `drop` cuts its requests, and every later one. */
async function startHanging(): Promise<Hanging> {
  const receiver = await startReceiver();
  const responses = new Set<ServerResponse>();
  receiver.respond = (_, response) => responses.add(response);
  const drop = () => {
    receiver.respond = (_, response) => response.destroy();
    for (const response of responses) response.destroy();
  };
  return { receiver, drop };
}

async function onStage(
  run: (stage: Stage, hanging: Hanging) => Promise<DeliveryWorker>,
): Promise<void> {
  const hanging = await startHanging();
  try {
    const delivery = await run(await Stage.open(database), hanging);
    hanging.drop();
    await delivery.stop();
  } finally {
    hanging.drop();
    await database.sql('update channel_callbacks set url = null');
  }
}

/** Adds channels one after another: the test has few connections. */
async function addChannels(
  stage: Stage,
  urls: readonly string[],
  fields: { conversations: number; timeoutMs?: number },
): Promise<void> {
  for (const url of urls) {
    const id = await stage.addChannel({ url, timeoutMs: fields.timeoutMs ?? timeoutMs });
    await stage.addConversations(id, fields.conversations, 1);
  }
}

const times = (count: number, url: string): string[] => Array(count).fill(url);

test('hanging: 300 hanging channels do not slow another channel of their host', async () => {
  await onStage(async (stage, { receiver }) => {
    const hang = receiver.respond;
    receiver.respond = (request, response) =>
      request.path === '/well' ? response.end() : hang(request, response);
    const countOf = (isWell: boolean) =>
      receiver.received.filter(({ path }) => (path === '/well') === isWell).length;
    const channelId = await stage.addChannel({ url: `${receiver.url}well` });
    await stage.addConversations(channelId, 1, 1);
    const delivery = await stage.deliver();
    await until('it has responded', () => countOf(true) === 1);
    await addChannels(stage, times(300, receiver.url), { conversations: 10 });
    await until('they hang', () => countOf(false) === 256, 15_000);
    await stage.addConversations(channelId, 1_000, 1);
    await until('all arrived', () => countOf(true) === 1_001, 15_000);
    assert.equal(countOf(false), 256);
    return delivery;
  });
});

test('hanging: 64 channels that hang at the start do not block an unproven one', async () => {
  await onStage(async (stage, hanging) => {
    await addChannels(stage, times(64, hanging.receiver.url), { conversations: 10 });
    const well = await startReceiver();
    // The last in the queue.
    const channelId = await stage.addChannel({ url: well.url });
    await stage.addConversations(channelId, 200, 1);
    const delivery = await stage.deliver();
    await until('all arrived', () => well.received.length === 200, 15_000);
    return delivery;
  });
});

test('hanging: 20 healthy channels that fall silent do not slow the others', async () => {
  await onStage(async (stage, { receiver }) => {
    const well = await startReceiver();
    const channelId = await stage.addChannel({ url: well.url });
    await stage.addConversations(channelId, 1, 1);
    await addChannels(stage, times(20, receiver.url), { conversations: 200 });
    const hang = receiver.respond;
    receiver.respond = (request, response) =>
      receiver.received.length < 1_500 ? response.end() : hang(request, response);
    const delivery = await stage.deliver();
    await until('they are silent', () => receiver.received.length > 1_600);
    await stage.addConversations(channelId, 1_000, 1);
    await until('all arrived', () => well.received.length === 1_001, 15_000);
    return delivery;
  });
});

test('hanging: more channels than slots are tried in turn', async () => {
  await onStage(async (stage, hanging) => {
    const urls = Array.from({ length: 300 }, (_, index) => `${hanging.receiver.url}${index}`);
    await addChannels(stage, urls, { conversations: 4, timeoutMs: 1_000 });
    const well = await startReceiver();
    await stage.addConversations(await stage.addChannel({ url: well.url }), 5, 1);
    const delivery = await stage.deliver();
    await until('it had its turn', () => well.received.length === 5);
    const tried = () => new Set(hanging.receiver.received.map(({ path }) => path)).size;
    await until('so had all others', () => tried() === urls.length);
    return delivery;
  });
});
