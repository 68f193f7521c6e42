// How a receiver handles deliveries, whatever the server: signatures, repeats, gaps, order, failures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureHeaders } from '../outgoing/sign.ts';
import { message, nowMs, otherSecret, secret, sign, typing } from './deliveries.fixture.ts';
import {
  createMemoryStore,
  createReceiver,
  type DeliveryInfo,
  type OutboundEvent,
  type ReceiverOptions,
  type ReceiverStore,
  type UnknownEvent,
} from './receiver.ts';

type Received = { readonly id: string; readonly info: DeliveryInfo };

/** Creates a receiver that records the events and errors that its app gets. */
function listen(options: Partial<ReceiverOptions> = {}) {
  const received: Received[] = [];
  const errors: unknown[] = [];
  const receiver = createReceiver({
    secrets: secret,
    clock: () => nowMs,
    onEvent: ({ event_id: id }, info) => {
      received.push({ id, info });
    },
    onError: (error) => errors.push(error),
    ...options,
  });
  const deliver = (content: unknown, how?: Parameters<typeof sign>[1]) =>
    receiver.receive(sign(content, how));
  return { receiver, received, errors, deliver, ids: () => received.map(({ id }) => id) };
}

const fine: DeliveryInfo = { missing: null, isLate: false };

test('signature: accepts one of the library standardwebhooks', async () => {
  const { deliver, received } = listen();
  const response = await deliver(message(1));
  assert.deepEqual([response.status, response.text], [200, 'handled']);
  assert.deepEqual(received, [{ id: 'event_11_1', info: fine }]);
});

test('signature: rejects one of another secret with 401, and calls no handler', async () => {
  const { deliver, received } = listen();
  const response = await deliver(message(1), { secrets: [otherSecret] });
  assert.equal(response.status, 401);
  assert.match(response.text, /does not match/);
  assert.deepEqual(received, []);
});

test('signature: rejects a changed body, id or time with 401', async () => {
  const { receiver, received } = listen();
  const { body, headers } = sign(message(1));
  const changes = [
    { body: body.replace('Hi', 'Ho'), headers },
    { body: `${body} `, headers },
    { body, headers: { ...headers, 'webhook-id': 'msg_2' } },
    { body, headers: { ...headers, 'webhook-timestamp': String(nowMs / 1000 + 1) } },
  ];
  for (const changed of changes) assert.equal((await receiver.receive(changed)).status, 401);
  assert.deepEqual(received, []);
});

test('secrets: accepts a signature with either secret during a rotation', async () => {
  const both = listen({ secrets: [otherSecret, secret] });
  assert.equal((await both.deliver(message(1))).status, 200);
  assert.equal((await both.deliver(message(2), { secrets: [otherSecret] })).status, 200);
  const onlyOld = listen();
  const twice = { secrets: [otherSecret, secret] };
  assert.equal((await onlyOld.deliver(message(3), twice)).status, 200);
});

test("signature: accepts Parley's own, with two secrets and with a chosen one", async () => {
  const chosen = 'a phrase of our own';
  const body = JSON.stringify(message(1));
  const content = { id: 'event_11_1', timestampSeconds: nowMs / 1000, body };
  const byBoth = signatureHeaders({ ...content, secrets: [otherSecret, secret] });
  const byChosen = signatureHeaders({ ...content, secrets: [chosen] });
  assert.equal((await listen().receiver.receive({ body, headers: byBoth })).status, 200);
  assert.equal((await listen().receiver.receive({ body, headers: byChosen })).status, 401);
  const { receiver } = listen({ secrets: chosen });
  assert.equal((await receiver.receive({ body, headers: byChosen })).status, 200);
});

test('time: accepts up to the tolerance either way, and rejects one second more', async () => {
  const { deliver } = listen({ toleranceSeconds: 60 });
  const statusAt = async (seconds: number) =>
    (await deliver(message(1), { atMs: nowMs + seconds * 1000 })).status;
  assert.deepEqual(
    [await statusAt(-60), await statusAt(60), await statusAt(-61), await statusAt(61)],
    [200, 200, 401, 401],
  );
});

test('time: tolerates five minutes by default', async () => {
  const { deliver } = listen();
  const old = await deliver(message(1), { atMs: nowMs - 301_000 });
  assert.deepEqual([old.status, old.text], [401, 'webhook-timestamp is too old']);
  const early = await deliver(message(1), { atMs: nowMs + 301_000 });
  assert.deepEqual([early.status, early.text], [401, 'webhook-timestamp is in the future']);
  assert.equal((await deliver(message(1), { atMs: nowMs - 299_000 })).status, 200);
});

test('headers: missing or hostile ones get 401 with a reason that does not repeat them', async () => {
  const { receiver, errors } = listen();
  const { body, headers } = sign(message(1));
  const right = headers['webhook-signature']!;
  const hostile: Record<string, string | string[] | undefined>[] = [
    {},
    ...Object.keys(headers)
      .filter((name) => name.startsWith('webhook-'))
      .map((name) => ({ ...headers, [name]: undefined })),
    ...['', 'v1', 'v1,', 'v1,!!!!', `v2,${right.slice(3)}`, right.slice(0, -4), `V1,${right}`].map(
      (given) => ({ ...headers, 'webhook-signature': given }),
    ),
    { ...headers, 'webhook-signature': Array(500).fill(right.replace('v1,A', 'v1,B')).join(' ') },
    ...['', 'NaN', '-1', '1e9', '0x10', ' 1', '99999999999999999999', `${nowMs}`].map((time) => ({
      ...headers,
      'webhook-timestamp': time,
    })),
    { ...headers, 'webhook-id': '<script>\u0000é' },
    { ...headers, 'webhook-id': ['msg_1', 'msg_1'] },
    { 'webhook-id': '__proto__', constructor: 'x' },
  ];
  for (const one of hostile) {
    const response = await receiver.receive({ body, headers: one });
    assert.equal(response.status, 401, JSON.stringify(one));
    assert.match(response.text, /^(webhook-|the signature)[a-z0-9 ,:-]+$/);
  }
  assert.deepEqual(errors, []);
});

test('headers: are read in any case', async () => {
  const { receiver } = listen();
  const { body, headers } = sign(message(1));
  const shouted = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  assert.equal((await receiver.receive({ body, headers: shouted })).status, 200);
});

test('body: a signed body that is no event gets 400 with the reason', async () => {
  const { deliver, errors } = listen();
  const { conversation_id: _, ...homeless } = message(1);
  const cases: [unknown, RegExp][] = [
    ['', /not JSON/],
    ['{"event_id"', /not JSON/],
    ['null', /not a JSON object/],
    ['[]', /not a JSON object/],
    [{}, /event_id is missing/],
    [{ event_id: 7, event_name: 'ping' }, /event_id is missing/],
    [{ event_id: 'a' }, /event_name is missing/],
    [homeless, /conversation_id or sequence is missing/],
    [{ ...message(1), sequence: 0 }, /conversation_id or sequence is missing/],
    [{ type: 'notification_event', topic: 'ping' }, /Intercom's format/],
  ];
  for (const [content, reason] of cases) {
    const response = await deliver(content);
    assert.equal(response.status, 400, JSON.stringify(content));
    assert.match(response.text, reason);
  }
  assert.deepEqual(errors, []);
});

test('body: one over the limit gets 413 without being read', async () => {
  const { deliver } = listen({ maxBodyBytes: 1000 });
  assert.equal((await deliver('x'.repeat(1001))).status, 413);
  assert.equal((await deliver('x'.repeat(1000))).status, 400);
});

test('repeat: a handled event gets 200 and is not handled again', async () => {
  const { deliver, ids } = listen();
  await deliver(message(1));
  const response = await deliver(message(1));
  assert.deepEqual([response.status, response.text], [200, 'handled before']);
  assert.deepEqual(ids(), ['event_11_1']);
});

test('repeat: waits while the first delivery is handled, and is not handled again', async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const { deliver } = listen({
    onEvent: () => {
      calls += 1;
      return gate.promise;
    },
  });
  const responses = [1, 2, 3].map(() => deliver(message(1)));
  const early = await Promise.race([...responses, new Promise((go) => setTimeout(go, 30, 'none'))]);
  assert.equal(early, 'none');
  gate.resolve();
  assert.deepEqual(
    (await Promise.all(responses)).map(({ text }) => text),
    ['handled', 'handled before', 'handled before'],
  );
  assert.equal(calls, 1);
});

test('handler: if it throws, responds with 500, reports it, and handles the repeat', async () => {
  const failure = new Error('no room');
  let calls = 0;
  const { deliver, errors } = listen({
    onEvent: () => {
      calls += 1;
      if (calls === 1) throw failure;
    },
  });
  assert.equal((await deliver(message(1))).status, 500);
  assert.deepEqual(errors, [failure]);
  assert.equal((await deliver(message(1))).text, 'handled');
  assert.equal((await deliver(message(1))).text, 'handled before');
  assert.equal(calls, 2);
});

test('handler: if it fails while a repeat waits, the repeat is handled', async () => {
  let calls = 0;
  const { deliver } = listen({
    onEvent: async () => {
      calls += 1;
      if (calls === 1) throw new Error('once');
    },
  });
  const responses = await Promise.all([deliver(message(1)), deliver(message(1))]);
  assert.deepEqual(
    responses.map(({ status }) => status),
    [500, 200],
  );
});

test('handler: still responds with 500 if onError throws, too', async () => {
  const shout = () => {
    throw new Error('loud');
  };
  const { deliver } = listen({ onEvent: shout, onError: shout });
  assert.equal((await deliver(message(1))).status, 500);
});

test('gap: reports missing sequences once, before the event after them', async () => {
  const order: unknown[] = [];
  const { deliver, received } = listen({ onGap: (missing) => void order.push(missing) });
  await deliver(message(1));
  await deliver(message(4));
  await deliver(message(5));
  assert.deepEqual(
    received.map(({ info }) => info.missing),
    [null, { from: 2, to: 3 }, null],
  );
  assert.deepEqual(order, [{ from: 2, to: 3 }]);
});

test("gap: trusts the event's own gap for an unknown conversation", async () => {
  const { deliver, received } = listen();
  await deliver(message(7, { gap: { from: 5, to: 6 } }));
  await deliver(message(3, { conversation: '12' }));
  assert.deepEqual(
    received.map(({ info }) => info.missing),
    [{ from: 5, to: 6 }, null],
  );
});

test('gap: nothing is missing if the dead letters arrived meanwhile', async () => {
  const { deliver, received } = listen();
  for (const sequence of [1, 2]) await deliver(message(sequence));
  await deliver(message(3, { gap: { from: 2, to: 2 } }));
  assert.deepEqual(received.at(-1)!.info, fine);
});

test('late: a resent event is handled, marked as late, and causes no gap', async () => {
  const { deliver, received } = listen();
  for (const sequence of [1, 3, 2, 4]) await deliver(message(sequence));
  assert.deepEqual(
    received.map(({ info }) => info),
    [fine, { missing: { from: 2, to: 2 }, isLate: false }, { missing: null, isLate: true }, fine],
  );
});

test('order: handles one event of a conversation at a time, conversations in parallel', async () => {
  const log: string[] = [];
  const { deliver } = listen({
    onEvent: async ({ event_id: id }) => {
      log.push(`> ${id}`);
      await new Promise((go) => setTimeout(go, id.endsWith('_1') ? 20 : 1));
      log.push(`< ${id}`);
    },
  });
  await Promise.all([
    // The check of a large body takes longer, but it arrived first.
    deliver(message(1, { external_conversation_id: 'x'.repeat(1_000_000) })),
    deliver(message(2)),
    deliver(typing('typing_1')),
    deliver(message(3)),
    deliver(message(1, { conversation: '12' })),
  ]);
  const ofFirst = log.filter((line) => !line.includes('_12_'));
  assert.deepEqual(ofFirst, [
    ...['> event_11_1', '< event_11_1', '> event_11_2', '< event_11_2'],
    ...['> typing_1', '< typing_1', '> event_11_3', '< event_11_3'],
  ]);
  assert.ok(log.indexOf('> event_12_1') < log.indexOf('< event_11_1'), log.join());
});

test('ephemeral events: are handled each time, whatever their ids, and never counted', async () => {
  const { deliver, ids, received } = listen();
  await deliver(message(1));
  await deliver(typing('event_11_2'));
  await deliver(message(2));
  const ping = { event_name: 'ping', event_id: 'p', workspace_id: '1', channel: 'app' };
  await deliver({ ...ping, sequence: null, created_at_ms: '2026-01-02T03:04:05.000Z' });
  assert.deepEqual(ids(), ['event_11_1', 'event_11_2', 'event_11_2', 'p']);
  assert.ok(received.every(({ info }) => info.missing === null && !info.isLate));
});

test('unknown event: acknowledges it, hands it to onUnknown and counts it', async () => {
  const unknown: UnknownEvent[] = [];
  const { deliver, received } = listen({ onUnknown: (event) => void unknown.push(event) });
  await deliver(message(1));
  const rating = { ...message(2), event_name: 'rating_requested' };
  assert.equal((await deliver(rating)).status, 200);
  assert.equal((await deliver(rating)).text, 'handled before');
  await deliver({ event_id: 'c', event_name: 'constructor' });
  await deliver(message(3));
  assert.deepEqual(
    unknown.map(({ event_name: name }) => name),
    ['rating_requested', 'constructor'],
  );
  assert.deepEqual(received.at(-1)!.info, fine);
  assert.equal((await listen().deliver(rating)).status, 200);
});

test('on: a handler by name goes before onEvent and knows the fields of its event', async () => {
  const texts: (string | null)[] = [];
  const rest: OutboundEvent['event_name'][] = [];
  const { deliver } = listen({
    on: { new_message: (event) => void texts.push(event.message.body_text) },
    onEvent: (event) => void rest.push(event.event_name),
  });
  await deliver(message(1));
  await deliver({ ...message(2), event_name: 'status_updated', status: 'closed' });
  assert.deepEqual([texts, rest], [['Hi – 👋'], ['status_updated']]);
});

test('memory store: drops the oldest ids when full', async () => {
  const { deliver, ids } = listen({ store: createMemoryStore(3) });
  for (const sequence of [1, 2, 3, 4, 4, 2, 1]) await deliver(message(sequence));
  assert.deepEqual(ids(), ['event_11_1', 'event_11_2', 'event_11_3', 'event_11_4', 'event_11_1']);
});

test('store: responds with 503 and Retry-After while another process handles the event', async () => {
  const store = createMemoryStore();
  await store.claim({ eventId: 'event_11_1', conversation: '1/11', sequence: 1 });
  const { deliver, ids } = listen({ store });
  const response = await deliver(message(1));
  assert.deepEqual([response.status, response.headers['retry-after']], [503, '1']);
  assert.deepEqual(ids(), []);
});

test('store: two receivers that share it handle an event once', async () => {
  const store = createMemoryStore();
  const [claimed, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const one = listen({
    store,
    onEvent: () => {
      claimed.resolve();
      return gate.promise;
    },
  });
  const other = listen({ store });
  const first = one.deliver(message(1));
  await claimed.promise;
  assert.equal((await other.deliver(message(1))).status, 503);
  gate.resolve();
  assert.equal((await first).text, 'handled');
  assert.equal((await other.deliver(message(1))).text, 'handled before');
  assert.deepEqual(other.ids(), []);
});

test('store: if it fails, responds with 500, releases the claim and reports it', async () => {
  for (const broken of ['claim', 'complete', 'fail'] as const) {
    const inner = createMemoryStore();
    let isBroken = true;
    const breakOnce = async () => {
      isBroken = false;
      throw new Error(`no ${broken}`);
    };
    const store: ReceiverStore = {
      ...inner,
      [broken]: (delivery: never) => (isBroken ? breakOnce() : inner[broken](delivery)),
    };
    const { deliver, errors } = listen({
      store,
      onEvent: () => {
        if (broken === 'fail') throw new Error('the first');
      },
    });
    assert.equal((await deliver(message(1))).status, 500, broken);
    assert.match(String(errors.at(-1)), new RegExp(broken === 'fail' ? 'the first' : broken));
    if (broken !== 'fail') assert.equal((await deliver(message(1))).text, 'handled', broken);
  }
});

test('createReceiver: throws for invalid options, with what to do', () => {
  const onEvent = () => {};
  const make = (secrets: unknown) => () => createReceiver({ secrets: secrets as string, onEvent });
  assert.throws(make(undefined), /secret is missing/);
  assert.throws(make(''), /secret is missing/);
  assert.throws(make([]), /at least one/);
  assert.throws(make('whsec_'), /base64/);
  assert.throws(make('whsec_???'), /base64/);
  assert.throws(() => createReceiver({ secrets: secret }), /give onEvent/);
  for (const toleranceSeconds of [0, -1, Number.NaN]) {
    assert.throws(
      () => createReceiver({ secrets: secret, onEvent, toleranceSeconds }),
      /tolerance/,
    );
  }
});

test('maxBodyBytes: must be a whole number above 0', () => {
  for (const maxBodyBytes of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, '2mb' as never]) {
    assert.throws(
      () => createReceiver({ secrets: secret, onEvent: () => {}, maxBodyBytes }),
      /maxBodyBytes: give a whole number/,
    );
  }
});

test("ids: longer ones than Parley's get 400 and are not remembered", async () => {
  const received: unknown[] = [];
  const receiver = createReceiver({
    secrets: secret,
    clock: () => nowMs,
    onEvent: (event) => void received.push(event),
  });
  const long = 'x'.repeat(256);
  for (const fields of [{ event_id: long }, { conversation: long }, { workspace_id: long }]) {
    const response = await receiver.receive(sign(message(1, fields)));
    assert.deepEqual([response.status, response.text], [400, 'an id is too long']);
  }
  assert.deepEqual(received, []);
  assert.equal(
    (await receiver.receive(sign(message(1, { event_id: 'x'.repeat(255) })))).status,
    200,
  );
});
