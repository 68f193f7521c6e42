// After an outage of the app: operators see what waits for it, and can send it at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretBox } from '../../src/base/seal.ts';
import { type Ran, runParley } from '../cli/run-parley.ts';
import { startReceiver } from '../support/callback-receiver.ts';
import { request, SECRET_KEY, startTestParley } from '../support/server.ts';
import { until } from '../support/until.ts';

const parley = await startTestParley();
const { database } = parley;
const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };
let status = 401;
const receiver = await startReceiver((_, response) =>
  response.writeHead(status).end('who are you'),
);
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
await database.sql(
  `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed, allowed_cidrs)
   values (1, 1, $1, $2, $3)`,
  [receiver.url, new SecretBox(SECRET_KEY).seal(secret, 'callback secret 1 1'), ['127.0.0.0/8']],
);
const done = async (...words: string[]): Promise<Ran> => {
  const ran = await runParley(words, { settings });
  assert.equal(ran.code, 0, ran.err);
  return ran;
};
const SEND_NOW = '/parley/v1/events/send_now';

/** Creates conversations with replies to deliver to the app. @returns their ids. */
async function talk(count: number, replies: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { body } = await parley.notify('new_conversation');
    for (let reply = 0; reply < replies; reply += 1) {
      const said = {
        message_type: 'comment',
        type: 'admin',
        admin_id: '1',
        body: `Reply ${reply}`,
      };
      await parley.call('POST', `/conversations/${body.conversation_id}/reply`, said);
    }
    ids.push(body.conversation_id);
  }
  return ids;
}

const eventsOf = async (conversationId: string): Promise<string[]> => {
  const { body } = await parley.call('GET', `/parley/v1/events?conversation_id=${conversationId}`);
  return body.data.map(({ event_id: id }: { event_id: string }) => id);
};

async function metric(name: string, labels = ''): Promise<number> {
  const { body } = await parley.call('GET', '/metrics');
  const line = String(body)
    .split('\n')
    .find((one) => one.startsWith(`${name}{`) && one.includes(labels));
  return Number(line?.split(' ').at(-1));
}

const conversations = await talk(6, 3);

test('app that rejects all with 401: channel list, doctor and metrics show what waits', async () => {
  await until('it fails', async () => (await metric('parley_callback_state', 'failing')) === 1);
  const [channel] = (await done('channel', 'list', '--json')).json();
  assert.equal(channel.callback.state, 'failing');
  assert.equal(channel.callback.failing_reason, 'status 401');
  assert.equal(channel.callback.dead_letters, 0);
  const { waiting } = channel.callback;
  assert.equal(waiting.conversations, 6);
  assert.equal(waiting.events, 18);
  for (const time of ['since', 'next_try_at', 'last_try_at']) {
    assert.match(waiting[time], /^\d{4}-\d\d-\d\dT/, time);
  }
  assert.match(channel.callback.advice, /send-now/);
  const { out } = await done('channel', 'list');
  assert.match(out, / failing\n/);
  assert.match(
    out,
    /has been failing since .* \(status 401\): 18 events in 6 conversations have been waiting since .*next try/,
  );

  const doctor = await runParley(['doctor', '--json'], { settings });
  const checks = Object.fromEntries(
    doctor.json().checks.map((check: { name: string }) => [check.name, check]),
  );
  assert.equal(checks['callbacks'].status, 'warn');
  assert.match(checks['callbacks'].message, /has been failing since .* \(status 401\)\.$/);
  assert.equal(doctor.out.split('18 events').length, 2, 'what waits is said once');
  assert.equal(checks['waiting events'].status, 'warn');
  assert.match(
    checks['waiting events'].message,
    /18 events in 6 conversations have been waiting since/,
  );
  assert.equal(checks['dead letters'].status, 'ok');
  assert.equal(checks['secret key'].status, 'ok');
  assert.equal(checks['callback hosts'].status, 'ok');
  const deep = await runParley(['doctor', '--deep', '--json'], { settings });
  const check = deep
    .json()
    .checks.find(({ name }: { name: string }) => name === 'callback answers');
  assert.equal(check.status, 'fail');
  assert.match(check.message, /status 401\. The app rejects the signature/);

  const [first, , third] = await eventsOf(conversations[0]!);
  const attempts = (await done('events', 'attempts', third!, '--json')).json();
  assert.equal(attempts.length, 1);
  assert.equal(attempts[0].outcome, 'waiting');
  assert.equal(attempts[0].behind, first);
  assert.match(attempts[0].next_try_at, /^\d{4}/);
  assert.match(
    attempts[0].detail,
    /^since .*, behind .* \(.*\); the callback has been failing since/,
  );

  await until('counted', async () => (await metric('parley_delivery_waiting_events')) === 18);
  assert.equal(await metric('parley_delivery_waiting_conversations'), 6);
  assert.ok((await metric('parley_delivery_oldest_waiting_seconds')) > 0);
  assert.equal(await metric('parley_dead_letters_kept'), 0);
});

test('send_now: does not reach an event, conversation or channel of another token', async () => {
  const [first] = await eventsOf(conversations[0]!);
  await done('channel', 'create', 'other');
  const { token } = (await done('token', 'create', '--channel', 'other', '--json')).json();
  const asOther = (body: unknown) =>
    request(`${parley.url}${SEND_NOW}`, 'POST', body, { authorization: `Bearer ${token}` });
  const theirs = await asOther({});
  assert.equal(theirs.status, 200);
  assert.deepEqual(theirs.body, {
    type: 'send_now',
    conversations: 0,
    events: 0,
    under_way: 0,
    event_state: null,
    callback_state: 'none',
  });
  assert.equal((await asOther({ conversation_id: conversations[0] })).status, 404);
  assert.equal((await asOther({ event_id: first })).status, 404);
  const wrong = [
    [{ event_id: first, conversation_id: conversations[0] }, 400],
    [{ event_id: 'nonsense' }, 404],
    [{ event_id: `0${first!.slice(1, -1)}0` }, 404],
    [{ conversation_id: '999999999' }, 404],
    [{ conversation_id: 'x' }, 404],
    [{ conversation_id: 5 }, 422],
  ] as const;
  for (const [body, expected] of wrong) {
    const response = await parley.call('POST', SEND_NOW, body);
    assert.equal(response.status, expected, JSON.stringify(body));
  }
  const unauthorized = await request(`${parley.url}${SEND_NOW}`, 'POST', {}, {});
  assert.equal(unauthorized.status, 401);
});

test('send_now: delivers what waits at once and in order when the app is back', async () => {
  await database.sql(
    "update delivery_lanes set due_at = now() + interval '5 hours' where lease is null",
  );
  await database.sql(
    "update delivery_lanes set due_at = now() + interval '5 hours', lease = null where lease is not null",
  );
  status = 200;
  const before = receiver.received.length;
  const [first] = await eventsOf(conversations[0]!);
  const resent = await done('events', 'resend', first!);
  assert.match(resent.out, /send-now/);

  const byEvent = await done('events', 'send-now', first!);
  assert.match(byEvent.out, /^Due now: 3 waiting events in 1 conversation\./);
  await until('it has arrived', async () => receiver.received.length >= before + 3);
  const again = await done('events', 'send-now', first!, '--json');
  assert.equal(again.json().event_states[0].state, 'delivered');

  const byConversation = await parley.call('POST', SEND_NOW, { conversation_id: conversations[1] });
  assert.deepEqual([byConversation.body.conversations, byConversation.body.events], [1, 3]);
  await until('it has arrived', async () => receiver.received.length >= before + 6);
  const rest = await done('events', 'send-now', '--channel', 'default', '--json');
  assert.deepEqual([rest.json().conversations, rest.json().events], [4, 12]);
  await until('all have arrived', async () => receiver.received.length >= before + 18);
  for (const id of conversations) {
    const taken = receiver.received
      .slice(before)
      .filter(({ event }) => event.conversation_id === id)
      .map(({ event }) => event.sequence);
    assert.deepEqual(taken, [1, 2, 3], id);
  }
  await until('it is well', async () => (await metric('parley_callback_state', 'healthy')) === 1);
  const [channel] = (await done('channel', 'list', '--json')).json();
  assert.equal(channel.callback.state, 'healthy');
  assert.equal(channel.callback.waiting.conversations, 0);
  const deep = await runParley(['doctor', '--deep', '--json'], { settings });
  const check = deep
    .json()
    .checks.find(({ name }: { name: string }) => name === 'callback answers');
  assert.equal(check.status, 'ok');
});
