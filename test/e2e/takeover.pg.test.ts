// A teammate's reply ends a workflow run: the state and trace endpoints before and after, and what was in flight (a
// timer, a call, an old button) has no effect any more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { systemClock } from '../../src/base/clock.ts';
import type { ConversationSignal } from '../../src/core/conversation/signal.ts';
import type { Step } from '../../src/core/workflow/definition.ts';
import { openPool } from '../../src/database/pool.ts';
import { Engine } from '../../src/engine/engine.ts';
import { WorkspaceSetups } from '../../src/engine/workspace-setups.ts';
import { afterAll } from '../support/after-all.ts';
import { insertWorkflow } from '../support/insert-workflow.ts';
import { nextNumber, person, startTestParley } from '../support/server.ts';

const { call, notify, database } = await startTestParley();

const HOUR_MS = 3_600_000;
const timeout = { afterMs: HOUR_MS, next: 'late' };
const said = (id: string, body: string, next: string | null = null): Step => ({
  id,
  do: 'send_message',
  body,
  next,
});

/** A workflow that starts for conversations whose id begins with its name. */
const flow = (name: string, steps: readonly Step[]) =>
  insertWorkflow(database, {
    name,
    trigger: { on: 'new_conversation', channelIds: null },
    when: { field: 'conversation.external_id', operator: '^', value: name },
    steps,
  });

const askId = await flow('ask', [
  said('greet', 'Hello {{ contact.name }}.', 'ask'),
  {
    id: 'ask',
    do: 'ask_quick_reply',
    body: 'What is it about?',
    options: [
      { id: 'order', text: 'My order', next: 'order' },
      { id: 'other', text: 'Else', next: null },
    ],
    timeout,
  },
  said('order', 'About your order.'),
  said('late', 'Are you still there?'),
]);
await flow('collect', [
  {
    id: 'number',
    do: 'collect_attribute',
    attribute: 'order_number',
    prompt: 'Which number?',
    pattern: '^[0-9]+$',
    invalid: 'That is no number.',
    attempts: 3,
    failed: null,
    timeout,
    next: null,
  },
  said('late', 'Too late.'),
]);
await flow('wait', [{ id: 'pause', do: 'wait', forMs: HOUR_MS, next: 'late' }, said('late', 'Hi')]);
await flow('webhook', [
  { id: 'listen', do: 'wait_for_message', timeout: null, next: 'call' },
  {
    id: 'call',
    do: 'call_webhook',
    url: 'https://example.com/',
    method: 'POST',
    headers: {},
    body: null,
    timeoutMs: 1000,
    retryDelaysMs: [],
    save: [{ attribute: 'status', pointer: '/status' }],
    failed: null,
    next: 'tell',
  },
  said('tell', 'It is {{ conversation.custom_attributes.status }}.'),
]);

/** Another server on the same database, where late signals arrive. */
const log = pino({ level: 'silent' });
const pools = (['engine', 'admin'] as const).map((purpose) =>
  openPool(database.target, purpose, { max: 1, onError: () => {} }),
);
const engine = new Engine({
  pool: pools[0]!,
  clock: systemClock,
  log,
  metrics: { observeGroup() {}, countFailure() {} },
  groupSignalsMax: 8,
  groupsInFlightMax: 1,
  setups: new WorkspaceSetups(pools[1]!, systemClock),
});
afterAll(async () => {
  await engine.drain();
  for (const pool of pools) await pool.end();
});

const me: string = (await call('GET', '/me')).body.id;

async function start(name: string) {
  const number = nextNumber();
  const externalId = `${name}_${number}`;
  const fields = { external_conversation_id: externalId, contact: person(`guest_${number}`) };
  const { body } = await notify('new_conversation', fields);
  const id = body.conversation_id as string;
  const read = async (path: string) => {
    const response = await call('GET', `/parley/v1/conversations/${id}/${path}`);
    assert.equal(response.status, 200, JSON.stringify(response.body));
    return response.body;
  };
  return {
    id,
    externalId,
    fields,
    state: () => read('state'),
    trace: (query = '') => read(`trace${query}`),
    act: async (path: 'reply' | 'parts', action: object) => {
      const sent = { type: 'admin', admin_id: me, ...action };
      const response = await call('POST', `/conversations/${id}/${path}`, sent);
      assert.equal(response.status, 200, JSON.stringify(response.body));
      return response.body;
    },
    /** The texts of all messages. */
    texts: async () => {
      const response = await call('GET', `/conversations/${id}?display_as=plaintext`);
      const { conversation_parts: parts } = response.body.conversation_parts;
      return parts.map((part: { body: string | null }) => part.body);
    },
    submit: async (signal: object) => {
      const conversationId = Number(id);
      const result = await engine.submit({
        kind: 'conversation',
        workspaceId: 1,
        channelId: 1,
        externalId,
        signal: { conversationId, ...signal } as ConversationSignal,
      });
      return result.ok ? null : result.error.errors[0]!.code;
    },
  };
}

/** Returns the sentences of the newest signal in a trace. */
const newest = (trace: { data: { signal: string; entries: { what: string }[] }[] }) => {
  const { signal, entries } = trace.data.at(-1)!;
  return [signal, ...entries.map(({ what }) => what)];
};

test('state: shows the buttons a workflow waits for and until when, by either id', async () => {
  const talk = await start('ask');
  const state = await talk.state();
  const { since, until } = state.waiting;
  assert.equal(until - since, 3600);
  assert.deepEqual(state, {
    type: 'conversation_state',
    conversation_id: talk.id,
    external_conversation_id: talk.externalId,
    state: 'waiting',
    waiting: {
      for: 'quick_reply',
      since,
      until,
      options: [
        { id: 'order-2', text: 'My order' },
        { id: 'other-2', text: 'Else' },
      ],
    },
    workflow: {
      id: String(askId),
      run_id: state.workflow.run_id,
      name: 'ask',
      version: 1,
      step: 'ask',
      started_at: since,
      steps_done: 2,
      ended_at: null,
      end_reason: null,
    },
    held_by: { type: 'workflow', id: String(askId), name: 'ask' },
    next_timer: { at: until, for: 'workflow' },
  });
  const external = await call(
    'GET',
    `/parley/v1/conversations/external/${encodeURIComponent(talk.externalId)}/state`,
  );
  assert.deepEqual(external.body, state);
  for (const path of ['a%2Fb', '%00', '%F0%9F%92%A5', 'x'.repeat(256), '%20']) {
    for (const endpoint of ['state', 'trace']) {
      const nowhere = await call('GET', `/parley/v1/conversations/external/${path}/${endpoint}`);
      assert.equal(nowhere.status, 404, path);
    }
  }
});

test('state: shows the attribute and attempt, the time, or the call it waits for', async () => {
  const collect = await start('collect');
  const first = (await collect.state()).waiting;
  assert.deepEqual([first.for, first.attribute, first.attempt], ['attribute', 'order_number', 1]);
  await notify('new_message', { ...collect.fields, body: 'no idea' });
  assert.equal((await collect.state()).waiting.attempt, 2);

  const { state, waiting, next_timer: timer } = await (await start('wait')).state();
  assert.deepEqual([state, waiting.for, timer.at], ['waiting', 'time', waiting.until]);

  const hook = await startCall();
  const running = await hook.state();
  assert.deepEqual([running.state, running.waiting.for], ['running', 'webhook']);
  assert.deepEqual([running.waiting.until, running.next_timer], [null, null]);
});

/** Creates a run that waits for the response of call 777, without a server that makes the call. */
async function startCall() {
  const talk = await start('webhook');
  await database.sql(
    `update conversations set run = run::jsonb || jsonb_build_object('stepId', 'call', 'waiting',
       jsonb_build_object('for', 'webhook', 'jobId', 777, 'sinceMs', run -> 'startedAt', 'untilMs', null))
     where id = $1`,
    [talk.id],
  );
  return talk;
}

test('state: is idle without a workflow, closed, or snoozed with its end', async () => {
  const talk = await start('plain');
  const nobody = { type: 'nobody', id: null, name: null };
  const idle = await talk.state();
  assert.deepEqual([idle.state, idle.waiting, idle.workflow], ['idle', null, null]);
  assert.deepEqual([idle.held_by, idle.next_timer], [nobody, null]);
  const until = Math.floor(Date.now() / 1000) + 600;
  await talk.act('parts', { message_type: 'snoozed', snoozed_until: until });
  const snoozed = await talk.state();
  assert.deepEqual([snoozed.state, snoozed.next_timer], ['idle', { at: until, for: 'snooze' }]);
  await talk.act('parts', { message_type: 'close' });
  const closed = await talk.state();
  assert.deepEqual([closed.state, closed.next_timer], ['closed', null]);
});

const takeovers: readonly [string, object][] = [
  ['comment', { message_type: 'comment', body: 'I am here.' }],
  ['quick reply', { message_type: 'quick_reply', reply_options: [{ text: 'Ok', uuid: 'ok' }] }],
];
for (const [name, action] of takeovers) {
  test(`takeover: a teammate’s ${name} ends the run and assigns the teammate`, async () => {
    const talk = await start('ask');
    await talk.act('reply', action);
    const state = await talk.state();
    assert.deepEqual([state.state, state.waiting, state.next_timer], ['idle', null, null]);
    assert.deepEqual(state.held_by, { type: 'admin', id: me, name: 'Admin' });
    assert.deepEqual([state.workflow.end_reason, state.workflow.step], ['taken_over', 'ask']);
    assert.ok(state.workflow.ended_at >= state.workflow.started_at);
    assert.deepEqual(newest(await talk.trace()), [
      'teammate',
      'Ended: a teammate took over the conversation.',
    ]);
  });
}

test('no takeover: note, snooze, opening and assignment leave the workflow waiting', async () => {
  const talk = await start('ask');
  await talk.act('reply', { message_type: 'note', body: 'I am watching.' });
  const until = Math.floor(Date.now() / 1000) + 7200;
  await talk.act('parts', { message_type: 'snoozed', snoozed_until: until });
  await talk.act('parts', { message_type: 'open' });
  await talk.act('parts', { message_type: 'assignment', assignee_id: me });
  const state = await talk.state();
  assert.deepEqual([state.state, state.held_by.type], ['waiting', 'workflow']);
  await notify('quick_reply_selected', { ...talk.fields, quick_reply_option_id: 'order-2' });
  assert.equal((await talk.texts()).at(-1), 'About your order.');
});

test('after the takeover: old button, message and timer do nothing', async () => {
  const talk = await start('ask');
  await talk.act('reply', { message_type: 'comment', body: 'I am here.' });
  await notify('quick_reply_selected', { ...talk.fields, quick_reply_option_id: 'order-2' });
  await notify('new_message', { ...talk.fields, body: 'thanks' });
  assert.deepEqual((await talk.texts()).slice(2), ['I am here.', 'My order', 'thanks']);
  const before = await talk.texts();
  assert.equal(await talk.submit({ kind: 'timer' }), null);
  assert.deepEqual(await talk.texts(), before);
  assert.equal((await talk.state()).held_by.type, 'admin');
});

test('after the takeover: result of a call is only traced', async () => {
  const talk = await startCall();
  await talk.act('reply', { message_type: 'comment', body: 'I am here.' });
  const outcome = { ok: true, status: 200, answer: { status: 'lost' } };
  assert.equal(await talk.submit({ kind: 'job_finished', jobId: 777, outcome }), null);
  assert.deepEqual(await talk.texts(), ['I am here.']);
  const { body } = await call('GET', `/conversations/${talk.id}`);
  assert.deepEqual(body.custom_attributes, {});
  const late = (await talk.trace()).data.at(-1);
  // The response itself is kept for replays, and not shown.
  assert.deepEqual(late.content, { job_id: 777, ok: true, status: 200 });
  assert.equal(late.signal, 'job_finished');
  assert.match(late.entries.at(-1).what, /Ignored a late response/);
  const state = await talk.state();
  assert.deepEqual([state.state, state.workflow.end_reason], ['idle', 'taken_over']);
});

test('without a takeover: the same result is saved and sent', async () => {
  const talk = await startCall();
  const outcome = { ok: true, status: 200, answer: { status: 'lost' } };
  assert.equal(await talk.submit({ kind: 'job_finished', jobId: 777, outcome }), null);
  assert.deepEqual(await talk.texts(), ['It is lost.']);
  const state = await talk.state();
  assert.deepEqual([state.state, state.workflow.end_reason], ['idle', 'completed']);
});

test('closing by a teammate: ends the run as closed and releases the conversation', async () => {
  const talk = await start('ask');
  await talk.act('parts', { message_type: 'close' });
  const state = await talk.state();
  assert.deepEqual([state.state, state.workflow.end_reason], ['closed', 'closed']);
  assert.equal(state.held_by.type, 'nobody');
});

test('contact’s reply through REST: reaches the workflow as a message', async () => {
  const talk = await start('collect');
  const { external_id: userId } = talk.fields.contact;
  const said = { message_type: 'comment', type: 'user', user_id: userId, body: 'no idea' };
  const response = await call('POST', `/conversations/${talk.id}/reply`, said);
  assert.equal(response.status, 200);
  const asked = ['Which number?', 'no idea', 'That is no number.'];
  assert.deepEqual((await talk.texts()).slice(0, 3), asked);
  assert.equal((await talk.trace()).data.at(-1).signal, 'contact_reply');
});

test('trace: pages by ordinal without gaps or repeats, newest first', async () => {
  const talk = await start('ask');
  for (let count = 0; count < 6; count += 1) {
    await talk.act('reply', { message_type: 'note', body: `note ${count}` });
  }
  const whole = await talk.trace();
  const ordinals = (page: { data: { ordinal: number }[] }) =>
    page.data.map(({ ordinal }) => ordinal);
  assert.deepEqual(ordinals(whole), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([whole.previous, whole.next, whole.last_ordinal], [null, null, 7]);
  const [first] = whole.data;
  assert.deepEqual([first.signal, first.content], ['new_conversation', {}]);
  assert.deepEqual(
    first.entries.map(({ step, do: kind }: { step: string | null; do: string }) => [step, kind]),
    [
      [null, 'run'],
      ['greet', 'send_message'],
      ['ask', 'ask_quick_reply'],
    ],
  );
  assert.equal(first.entries[0].run_id, (await talk.state()).workflow.run_id);
  assert.deepEqual(whole.data[1].content, { admin_id: Number(me), do: 'note' });

  const own = `/parley/v1/conversations/external/${talk.externalId}/trace`;
  assert.deepEqual((await call('GET', own)).body, whole);

  const last = await talk.trace('?limit=3');
  assert.deepEqual([ordinals(last), last.previous, last.next], [[5, 6, 7], 1, null]);
  const middle = await talk.trace(`?limit=3&after=${last.previous}`);
  assert.deepEqual([ordinals(middle), middle.previous, middle.next], [[2, 3, 4], 0, 4]);
  const beginning = await talk.trace('?limit=3&after=0');
  assert.deepEqual([ordinals(beginning), beginning.next], [[1, 2, 3], 3]);
  const beyond = await talk.trace('?after=7');
  assert.deepEqual([beyond.data, beyond.previous, beyond.next], [[], 0, null]);
  for (const query of ['after=-1', 'after=x', 'limit=0', 'limit=201', 'after=1&after=2']) {
    const response = await call('GET', `/parley/v1/conversations/${talk.id}/trace?${query}`);
    assert.deepEqual([response.status, response.body.errors[0].code], [400, 'parameter_invalid']);
  }
});

test('trace: limits a page by bytes and continues where it ended', async () => {
  const talk = await start('plain');
  const entry = { runId: 1, workflow: 'w', version: 1, step: null, do: 'run' };
  await database.sql(
    `insert into conversation_signals
       (workspace_id, conversation_id, ordinal, signal_number, kind, content, trace, received_at)
     select 1, $1, n, n, 'timer', '{}', json_build_array($2::jsonb || jsonb_build_object('what', repeat('x', 700000))),
       now() from generate_series(1, 5) as n`,
    [talk.id, JSON.stringify(entry)],
  );
  await database.sql('update conversations set signal_count = 5 where id = $1', [talk.id]);
  const last = await talk.trace();
  assert.deepEqual([last.data.length, last.data.at(-1).ordinal, last.next], [2, 5, null]);
  const first = await talk.trace('?after=0');
  assert.deepEqual([first.data.length, first.data[0].ordinal, first.next], [2, 1, 2]);
});
