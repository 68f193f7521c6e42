// `parley apply` while delivery records results of the same channels: no deadlock, and both succeed.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { SecretBox } from '../../src/base/seal.ts';
import { type Connection, openPool } from '../../src/database/pool.ts';
import { Stage, sequencesOf, startReceiver } from '../../src/delivery/stage.fixture.ts';
import { applySetup } from '../../src/provisioning/apply-setup.ts';
import { loadSetup } from '../../src/provisioning/load-setup.ts';
import { writeSetupFiles } from '../../src/provisioning/setup-files.fixture.ts';
import { afterAll } from '../support/after-all.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'admin', { max: 4, onError: () => {} });
afterAll(() => pool.end());
const secretBox = new SecretBox('the key of the tests');

async function openStage() {
  const stage = await Stage.open(database);
  const receiver = await startReceiver();
  const channelId = await stage.addChannel({ url: receiver.url });
  return { stage, receiver, channelId };
}

/** Creates conversations, in this order in their table, each with an event that its lane has not counted yet. */
async function addBehind(stage: Stage, channelId: number, ids: readonly number[]): Promise<void> {
  await database.sql(
    `with ids as (select id, number from unnest($3::bigint[]) with ordinality as n(id, number)),
       talks as (
         insert into conversations (workspace_id, id, channel_id, external_id, contact_id, state,
           created_at, updated_at, created_by_signal, event_count)
         select $1, id, $2, id::text, 'nobody', 'open', now(), now(), id, 2 from ids order by number),
       events as (
         insert into outbound_events
         select $1, id, s, $2, 'new_message', json_build_object('event_name', 'new_message',
           'conversation_id', id::text, 'sequence', s)::text, 1, now()
         from ids cross join generate_series(1, 2) as s)
     insert into delivery_lanes
       (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
     select $1, id, $2, 1, 1, now() from ids order by number`,
    [stage.workspaceId, channelId, ids],
  );
}

/** Applies another callback address for the channel. */
async function moveTo(url: string, { workspaceId }: Stage, channelId: number): Promise<void> {
  const [names] = await database.sql<{ workspace: string; channel: string }>(
    `select w.name as workspace, c.name as channel from workspaces as w
     join channels as c on c.workspace_id = w.id where w.id = $1 and c.id = $2`,
    [workspaceId, channelId],
  );
  const { workspace, channel } = names!;
  const channels = [{ name: channel, callback: { url, allow_cidrs: ['127.0.0.0/8'] } }];
  const path = writeSetupFiles({ 'parley.yaml': JSON.stringify({ workspace, channels }) });
  const loaded = loadSetup(path, {});
  assert.ok(loaded.ok);
  await applySetup(pool, loaded.value, () => secretBox);
}

/** Holds locks on another connection in between. */
async function withHolder(hold: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await pool.connect();
  await connection.query('begin');
  try {
    await hold(connection);
  } finally {
    await connection.query('rollback');
    connection.release();
  }
}

const lockWaits = async (query: string): Promise<number> => {
  const [row] = await database.sql<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where wait_event_type = 'Lock' and query like $1 and datname = current_database()`,
    [query],
  );
  return row!.count;
};

test('apply: moves a channel whose receiver just answered 410; both get through', async () => {
  const { stage, receiver, channelId } = await openStage();
  const responses: ServerResponse[] = [];
  receiver.respond = (request, response) =>
    request.path === '/' ? responses.push(response) : response.end();
  await addBehind(stage, channelId, [1_000_001]);
  const delivery = await stage.deliver();
  await until('it is asked', () => responses.length === 1);
  let moving: Promise<void> | undefined;
  await withHolder(async (holder) => {
    // By then, the apply has locked its workspace, but not yet the lanes of the channel.
    await holder.query(
      'select from channel_callbacks where workspace_id = $1 and channel_id = $2 for update',
      [stage.workspaceId, channelId],
    );
    moving = moveTo(`${receiver.url}moved`, stage, channelId);
    moving.catch(() => {});
    await until('the apply waits', async () => (await lockWaits('%channel_callbacks%')) > 0);
    responses[0]!.writeHead(410).end();
    // The recording of the result, or its follow-up.
    await until('the 410 waits', async () => (await lockWaits('%with %')) > 0);
  });
  await moving;
  await until('both arrived', () => receiver.received.length === 3);
  assert.deepEqual(sequencesOf(receiver, 1_000_001), [1, 1, 2]);
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    ['/', '/moved', '/moved'],
  );
  await delivery.stop();
});

test('apply: wakes the lanes of a channel in the common lock order', async () => {
  const { stage, receiver, channelId } = await openStage();
  const [low, high] = [2_000_001, 2_000_002];
  await addBehind(stage, channelId, [high, low]);
  let moving: Promise<void> | undefined;
  await withHolder(async (holder) => {
    const lock = (id: number) =>
      holder.query(
        `select from delivery_lanes where workspace_id = $1 and conversation_id = $2
         for update nowait`,
        [stage.workspaceId, id],
      );
    await lock(low);
    moving = moveTo(`${receiver.url}moved`, stage, channelId);
    moving.catch(() => {});
    await until('the apply waits', async () => (await lockWaits('%delivery_lanes%')) > 0);
    await lock(high);
  });
  await moving;
  const lanes = await database.sql<{ last: number }>(
    'select last_sequence as last from delivery_lanes where workspace_id = $1 and channel_id = $2',
    [stage.workspaceId, channelId],
  );
  assert.deepEqual(lanes, [{ last: 2 }, { last: 2 }]);
});
