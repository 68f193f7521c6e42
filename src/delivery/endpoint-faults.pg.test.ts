// A faulty endpoint, as an operator sees it: a wrong token dead-letters nothing, and each change of health is logged
// once.

import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { pino } from 'pino';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { until } from '../../test/support/until.ts';
import { readBacklog } from '../store/outbox/backlog.ts';
import { Stage, sequencesOf, startReceiver } from './stage.fixture.ts';

const database = await openTestDatabase();
const stage = await Stage.open(database);

type Line = { readonly msg: string; readonly channelId: number; readonly [key: string]: unknown };
const lines: Line[] = [];
const log = pino(
  new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  }),
);
const delivery = await stage.deliver({ log });

async function newChannel(retryDelaysMs?: readonly number[]) {
  const receiver = await startReceiver();
  const fields = retryDelaysMs === undefined ? {} : { retryDelaysMs };
  const channelId = await stage.addChannel({ url: receiver.url, ...fields });
  const wake = () => delivery.wake([{ workspaceId: stage.workspaceId, channelId }]);
  const backlog = async () => (await readBacklog(stage.pool, stage.workspaceId, channelId))!;
  const healthLines = () =>
    lines.filter(
      (line) => line.channelId === channelId && line.msg.startsWith('delivery.endpoint'),
    );
  return { receiver, channelId, wake, backlog, healthLines };
}
const dueNow = (channelId: number) =>
  database.sql(
    'update delivery_lanes set due_at = now() where channel_id = $1 and lease is null and due_at > now()',
    [channelId],
  );

for (const status of [401, 403, 404, 405]) {
  test(`delivery: ${status} for every event dead-letters nothing`, async () => {
    const { receiver, channelId, wake, backlog, healthLines } = await newChannel();
    receiver.respond = (_, response) => response.writeHead(status).end();
    const ids = await stage.addConversations(channelId, 200, 3);
    wake();
    await until('failing', async () => (await backlog()).failingSince !== null);
    await until('tried more', () => receiver.received.length >= 12);
    const waiting = await backlog();
    assert.equal(waiting.deadLetters, 0);
    assert.equal(waiting.conversations, 200);
    assert.equal(waiting.events, 600);
    assert.equal(waiting.reason, `status ${status}`);
    assert.ok(waiting.waitingSince !== null && waiting.waitingSince <= waiting.now);

    // Most of the events wait until the recovery is logged, so that the log line has something to count.
    let accepted = 0;
    receiver.respond = (_, response) => {
      accepted += 1;
      if (accepted <= 20) return response.end();
      return void until('recovery is logged', () => healthLines().length >= 2).then(() =>
        response.end(),
      );
    };
    await dueNow(channelId);
    wake();
    await until('all settled', async () => {
      await dueNow(channelId);
      return (await backlog()).conversations === 0;
    });
    const first = receiver.received.length;
    assert.ok(first >= 600);
    for (const id of ids) {
      const taken = sequencesOf(receiver, id);
      assert.deepEqual([...new Set(taken)], [1, 2, 3]);
      assert.deepEqual(taken, taken.toSorted());
    }
    // Health is recorded beside the results, so it may come a moment later.
    await until('healthy again', async () => (await backlog()).failingSince === null);
    assert.deepEqual(
      healthLines().map(({ msg, level, reason }) => [msg, level, reason]),
      [
        ['delivery.endpoint_failing', 40, `status ${status}`],
        ['delivery.endpoint_healthy', 30, undefined],
      ],
    );
    assert.equal(healthLines()[0]!['conversationsWaiting'], 200);
    assert.ok(Number(healthLines()[1]!['eventsWaiting']) > 0);
  });
}

test('delivery: 400 for every event dead-letters a few, and then the endpoint fails', async () => {
  const { receiver, channelId, wake, backlog, healthLines } = await newChannel();
  receiver.respond = (_, response) => response.writeHead(400).end();
  await stage.addConversations(channelId, 1_000, 1);
  wake();
  await until('failing', async () => (await backlog()).failingSince !== null);
  await until('written down', async () => {
    const { deadLetters, conversations } = await backlog();
    return deadLetters >= 20 && conversations + deadLetters === 1_000;
  });
  const { deadLetters } = await backlog();
  assert.ok(deadLetters < 500, `${deadLetters} dead letters`);
  await until('a log line', () => healthLines().length === 1);

  // Its id is known only when its event may already have been sent.
  let poison: string | undefined;
  receiver.respond = ({ body }, response) => {
    const mayPass = poison !== undefined && body.conversation_id !== poison;
    response.writeHead(mayPass ? 200 : 400).end();
  };
  poison = String(await stage.addConversation(channelId, 1));
  await until('settled', async () => {
    await dueNow(channelId);
    return (await backlog()).conversations === 0;
  });
  assert.deepEqual(await stage.deadLetters(Number(poison)), ['1: status 400']);
});

test('delivery: a flapping endpoint is logged a few times only', async () => {
  const { receiver, channelId, wake, healthLines } = await newChannel(Array(50).fill(20));
  let count = 0;
  receiver.respond = (_, response) => {
    count += 1;
    response.writeHead(count % 8 < 4 ? 503 : 200).end();
  };
  const id = await stage.addConversation(channelId, 60);
  wake();
  await until('settled', async () => (await stage.lane(id)).due === null, 60_000);
  assert.ok(
    healthLines().length >= 2 && healthLines().length <= 4,
    `${healthLines().length} lines`,
  );
});

test('delivery: a server that starts during a failure logs the recovery', async () => {
  const { channelId, receiver, backlog, healthLines } = await newChannel();
  await database.sql(
    `insert into callback_health (workspace_id, channel_id, url, failing_since, reason)
     values ($1, $2, $3, now() - interval '1 hour', 'status 401')`,
    [stage.workspaceId, channelId, receiver.url],
  );
  const second = await stage.deliver({ log });
  await stage.addConversation(channelId, 1);
  second.wake([{ workspaceId: stage.workspaceId, channelId }]);
  await until('a log line', () => healthLines().length > 0);
  assert.equal(healthLines()[0]!.msg, 'delivery.endpoint_healthy');
  assert.ok(Number(healthLines()[0]!['failedForMs']) >= 3_500_000);
  assert.equal((await backlog()).failingSince, null);
});
