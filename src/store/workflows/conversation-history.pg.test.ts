// Random conversations through the real engine and PostgreSQL: replaying the records of each gives the stored rows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import {
  type Action,
  type Known,
  randomAction,
  randomWorkflow,
} from '../../../test/sim/random-workflow.ts';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { SeededRandom } from '../../../test/support/seeded-random.ts';
import { addWorkspace } from '../../../test/support/server.ts';
import { type History, recordedSignals } from '../../core/conversation/history.ts';
import type { ConversationSignal } from '../../core/conversation/signal.ts';
import type { Channel } from '../../core/model/model.ts';
import { openPool } from '../../database/pool.ts';
import { Engine } from '../../engine/engine.ts';
import type { SignalResult } from '../../engine/signal.ts';
import { WorkspaceSetups } from '../../engine/workspace-setups.ts';
import { verifyHistory } from '../../simulation/verify-replay.ts';
import { readAllVersions, readHistory } from './conversation-history.ts';

const HISTORIES = 25;
const ACTIONS = 14;
const seed = Number(process.env.SIM_SEED ?? 20_261_122);

const database = await openTestDatabase();
const enginePool = openPool(database.target, 'engine', { max: 1, onError: () => {} });
const pool = openPool(database.target, 'admin', { max: 2, onError: () => {} });
afterAll(() => enginePool.end());
afterAll(() => pool.end());

let nowMs = Date.UTC(2026, 10, 22, 9, 30);
const setups = new WorkspaceSetups(enginePool, () => nowMs);
const engine = new Engine({
  pool: enginePool,
  clock: () => nowMs,
  setups,
  log: pino({ level: 'silent' }),
  metrics: { observeGroup: () => {}, countFailure: () => {} },
  groupSignalsMax: 128,
  groupsInFlightMax: 1,
});

type Scene = {
  readonly random: SeededRandom;
  readonly channel: Channel;
  readonly known: Known;
  events: number;
};

/** Opens a workspace with random workflows. */
async function openScene(seedOfScene: number): Promise<Scene> {
  const random = new SeededRandom(seedOfScene);
  const { workspaceId, channelId } = await addWorkspace(database, `history_${seedOfScene}`);
  const insert = async (text: string, ...values: unknown[]): Promise<number> =>
    (await database.sql<{ id: number }>(text, [workspaceId, ...values]))[0]!.id;
  const [admin] = await database.sql<{ id: number }>(
    'select id from admins where workspace_id = $1',
    [workspaceId],
  );
  const teamId = await insert(
    'insert into teams (workspace_id, name) values ($1, $2) returning id',
    'Support',
  );
  const tag = (name: string) =>
    insert('insert into tags (workspace_id, name) values ($1, $2) returning id', name);
  const tagIds = [await tag('vip'), await tag('order')];
  await database.sql(
    `insert into data_attributes (workspace_id, model, name, data_type)
      values ($1, 'conversation', 'order_number', 'string'), ($1, 'contact', 'plan', 'string')`,
    [workspaceId],
  );
  const workflowIds: number[] = [];
  for (const [position, name] of ['First', 'Second', 'Third'].entries()) {
    workflowIds.push(
      await insert(
        'insert into workflows (workspace_id, name, position, current_version) values ($1, $2, $3, 1) returning id',
        name,
        position,
      ),
    );
  }
  const attributes = ['order_number', 'plan', 'free'];
  const known = { adminId: admin!.id, teamId, tagIds, workflowIds, attributes };
  for (const [index, name] of ['First', 'Second', 'Third'].entries()) {
    await database.sql(
      `insert into workflow_versions (workspace_id, workflow_id, version, definition, source)
        values ($1, $2, 1, $3, '')`,
      [workspaceId, workflowIds[index], JSON.stringify(randomWorkflow(random, known, name))],
    );
  }
  const channel: Channel = {
    workspaceId,
    id: channelId,
    name: 'default',
    isEnabled: true,
    autoCreateConversation: true,
    requireUserIdentity: false,
    unknownAttribute: 'record',
    strictVersion: false,
    hasButtons: true,
    timeZone: null,
    allowedOrigins: [],
  };
  return { random, channel, known, events: 0 };
}

function sendEvent(scene: Scene, fields: object): Promise<SignalResult> {
  scene.events += 1;
  const contact = {
    type: 'user',
    externalId: 'u1',
    name: 'Ada',
    email: 'ada@example.com',
  } as const;
  const base = { eventId: `e${scene.events}`, externalConversationId: 'c1', contact };
  const event = { ...base, ...fields } as never;
  return engine.submit({ kind: 'channel_event', channel: scene.channel, event });
}

const sendSignal = ({ channel }: Scene, signal: ConversationSignal): Promise<SignalResult> =>
  engine.submit({
    kind: 'conversation',
    workspaceId: channel.workspaceId,
    channelId: channel.id,
    externalId: 'c1',
    signal,
  });

async function act(scene: Scene, { conversation }: History, action: Action): Promise<unknown> {
  const { id: conversationId, run } = conversation;
  nowMs += scene.random.between(0, 900);
  switch (action.do) {
    case 'message':
      return sendEvent(scene, { kind: 'new_message', body: action.body });
    case 'click':
      return sendEvent(scene, { kind: 'quick_reply_selected', optionId: action.optionId });
    case 'give': {
      const { attribute: attributeId, value } = action;
      return sendEvent(scene, { kind: 'attribute_collected', attributeId, value });
    }
    case 'pass': {
      nowMs += action.ms;
      const { wakeAt } = conversation;
      const isDue = wakeAt !== null && wakeAt <= nowMs;
      return isDue ? sendSignal(scene, { kind: 'timer', conversationId }) : undefined;
    }
    case 'answer': {
      if (run?.waiting?.for !== 'webhook') return undefined;
      const { jobId } = run.waiting;
      return sendSignal(scene, {
        kind: 'job_finished',
        conversationId,
        jobId,
        outcome: action.outcome,
      });
    }
    case 'teammate': {
      const { adminId } = scene.known;
      return sendSignal(scene, {
        kind: 'teammate',
        conversationId,
        adminId,
        action: action.action,
      });
    }
  }
}

/** Submits a conversation to the engine. */
async function live(scene: Scene): Promise<History> {
  const { workspaceId } = scene.channel;
  const isPlain = scene.random.chance(0.7);
  const first = isPlain ? { kind: 'new_conversation' } : { kind: 'new_message', body: 'Hello' };
  const begun = await sendEvent(scene, first);
  assert.ok(begun.ok);
  const { conversationId } = begun.value;
  let history = (await readHistory(pool, workspaceId, conversationId))!;
  for (let count = 0; count < ACTIONS; count += 1) {
    const { run } = history.conversation;
    const action = randomAction(scene.random, scene.known, { run, parts: history.parts, nowMs });
    await act(scene, history, action);
    history = (await readHistory(pool, workspaceId, conversationId))!;
  }
  return history;
}

test('replay: the records of random conversations give the stored rows', async () => {
  const kinds = new Set<string>();
  let runs = 0;
  for (let index = 0; index < HISTORIES; index += 1) {
    const seedOfScene = seed + index;
    const scene = await openScene(seedOfScene);
    const history = await live(scene);
    const { workspaceId } = scene.channel;
    const setup = await setups.get(workspaceId);
    const versions = await readAllVersions(pool, workspaceId);
    const { differences } = verifyHistory(history, setup, versions);
    assert.deepEqual(differences, [], `SIM_SEED=${seedOfScene} gives the first conversation`);
    for (const { signal } of recordedSignals(history)) kinds.add(signal.kind);
    if (history.conversation.run !== null) runs += 1;
  }
  // Otherwise this would prove nothing.
  assert.ok(runs > HISTORIES / 2, `${runs} of them ran a workflow`);
  for (const kind of ['channel_event', 'teammate', 'timer', 'job_finished']) {
    assert.ok(kinds.has(kind), kind);
  }
});

test('replay: a record that was changed is reported with its position', async () => {
  const scene = await openScene(seed + HISTORIES);
  const history = await live(scene);
  const { workspaceId } = scene.channel;
  const setup = await setups.get(workspaceId);
  const versions = await readAllVersions(pool, workspaceId);
  const placesIn = (changed: Partial<History>) =>
    verifyHistory({ ...history, ...changed }, setup, versions).differences.map(
      ({ place }) => place,
    );
  assert.deepEqual(placesIn({}), []);
  const { conversation, parts, signals } = history;
  assert.deepEqual(placesIn({ conversation: { ...conversation, eventCount: -1 } }), [
    "the conversation's eventCount",
  ]);
  assert.ok(placesIn({ signals: signals.slice(1) }).length > 0);
  const last = parts.at(-1)!;
  assert.deepEqual(placesIn({ parts: [...parts.slice(0, -1), { ...last, state: 'snoozed' }] }), [
    `part ${parts.length}`,
  ]);
  const missing = await readHistory(pool, workspaceId, 1);
  assert.equal(missing, null);
});
