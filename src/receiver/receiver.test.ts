// What a receiver makes of deliveries, whatever the server: signatures, repeats, gaps, order, failures.

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

type Heard = { readonly id: string; readonly info: DeliveryInfo };

/** A receiver with what its app heard and what it was told of. */
function listen(options: Partial<ReceiverOptions> = {}) {
  const heard: Heard[] = [];
  const errors: unknown[] = [];
  const receiver = createReceiver({
    secrets: secret,
    clock: () => nowMs,
    onEvent: ({ event_id: id }, info) => {
      heard.push({ id, info });
    },
    onError: (error) => errors.push(error),
    ...options,
  });
  const deliver = (content: unknown, how?: Parameters<typeof sign>[1]) =>
    receiver.receive(sign(content, how));
  return { receiver, heard, errors, deliver, ids: () => heard.map(({ id }) => id) };
}

const fine: DeliveryInfo = { missing: null, isLate: false };

test('signature: of the library standardwebhooks, accepted and handled', async () => {
  const { deliver, heard } = listen();
  const answer = await deliver(message(1));
  assert.deepEqual([answer.status, answer.text], [200, 'handled']);
  assert.deepEqual(heard, [{ id: 'event_11_1', info: fine }]);
});

test('signature: of another secret, 401 and the app hears nothing', async () => {
  const { deliver, heard } = listen();
  const answer = await deliver(message(1), { secrets: [otherSecret] });
  assert.equal(answer.status, 401);
  assert.match(answer.text, /does not match/);
  assert.deepEqual(heard, []);
});

test('signature: body, id or time changed, 401', async () => {
  const { receiver, heard } = listen();
  const { body, headers } = sign(message(1));
  const changes = [
    { body: body.replace('Hi', 'Ho'), headers },
    { body: `${body} `, headers },
    { body, headers: { ...headers, 'webhook-id': 'msg_2' } },
    { body, headers: { ...headers, 'webhook-timestamp': String(nowMs / 1000 + 1) } },
  ];
  for (const changed of changes) assert.equal((await receiver.receive(changed)).status, 401);
  assert.deepEqual(heard, []);
});

test('secrets: while one is replaced, a signature by either side is enough', async () => {
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

test('time: up to the tolerance both ways it is accepted, one second more is refused', async () => {
  const { deliver } = listen({ toleranceSeconds: 60 });
  const statusAt = async (seconds: number) =>
    (await deliver(message(1), { atMs: nowMs + seconds * 1000 })).status;
  assert.deepEqual(
    [await statusAt(-60), await statusAt(60), await statusAt(-61), await statusAt(61)],
    [200, 200, 401, 401],
  );
});

test('time: without a word, five minutes of tolerance', async () => {
  const { deliver } = listen();
  const old = await deliver(message(1), { atMs: nowMs - 301_000 });
  assert.deepEqual([old.status, old.text], [401, 'webhook-timestamp is too old']);
  const early = await deliver(message(1), { atMs: nowMs + 301_000 });
  assert.deepEqual([early.status, early.text], [401, 'webhook-timestamp is in the future']);
  assert.equal((await deliver(message(1), { atMs: nowMs - 299_000 })).status, 200);
});

test('headers: missing or hostile, 401 with a reason that does not repeat them', async () => {
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
    const answer = await receiver.receive({ body, headers: one });
    assert.equal(answer.status, 401, JSON.stringify(one));
    assert.match(answer.text, /^(webhook-|the signature)[a-z0-9 ,:-]+$/);
  }
  assert.deepEqual(errors, []);
});

test('headers: in any case, accepted', async () => {
  const { receiver } = listen();
  const { body, headers } = sign(message(1));
  const shouted = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  assert.equal((await receiver.receive({ body, headers: shouted })).status, 200);
});

test('body: signed and yet no event, 400 with the reason', async () => {
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
    const answer = await deliver(content);
    assert.equal(answer.status, 400, JSON.stringify(content));
    assert.match(answer.text, reason);
  }
  assert.deepEqual(errors, []);
});

test('body: over the limit, 413 without a look at it', async () => {
  const { deliver } = listen({ maxBodyBytes: 1000 });
  assert.equal((await deliver('x'.repeat(1001))).status, 413);
  assert.equal((await deliver('x'.repeat(1000))).status, 400);
});

test('repeat: of a handled event, 200 and not handled again', async () => {
  const { deliver, ids } = listen();
  await deliver(message(1));
  const answer = await deliver(message(1));
  assert.deepEqual([answer.status, answer.text], [200, 'handled before']);
  assert.deepEqual(ids(), ['event_11_1']);
});

test('repeat: while the first is being handled, it waits and is not handled again', async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const { deliver } = listen({
    onEvent: () => {
      calls += 1;
      return gate.promise;
    },
  });
  const answers = [1, 2, 3].map(() => deliver(message(1)));
  const early = await Promise.race([...answers, new Promise((go) => setTimeout(go, 30, 'none'))]);
  assert.equal(early, 'none');
  gate.resolve();
  assert.deepEqual(
    (await Promise.all(answers)).map(({ text }) => text),
    ['handled', 'handled before', 'handled before'],
  );
  assert.equal(calls, 1);
});

test('handler: it throws, 500, the app is told, and the repeat is handled', async () => {
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

test('handler: it fails while a repeat waits, the repeat is handled instead', async () => {
  let calls = 0;
  const { deliver } = listen({
    onEvent: async () => {
      calls += 1;
      if (calls === 1) throw new Error('once');
    },
  });
  const answers = await Promise.all([deliver(message(1)), deliver(message(1))]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [500, 200],
  );
});

test('handler: onError throws as well, still 500', async () => {
  const shout = () => {
    throw new Error('loud');
  };
  const { deliver } = listen({ onEvent: shout, onError: shout });
  assert.equal((await deliver(message(1))).status, 500);
});

test('gap: a sequence is passed over, named once, and told before the event behind it', async () => {
  const order: unknown[] = [];
  const { deliver, heard } = listen({ onGap: (missing) => void order.push(missing) });
  await deliver(message(1));
  await deliver(message(4));
  await deliver(message(5));
  assert.deepEqual(
    heard.map(({ info }) => info.missing),
    [null, { from: 2, to: 3 }, null],
  );
  assert.deepEqual(order, [{ from: 2, to: 3 }]);
});

test('gap: of a conversation not heard of yet, the word of the event counts', async () => {
  const { deliver, heard } = listen();
  await deliver(message(7, { gap: { from: 5, to: 6 } }));
  await deliver(message(3, { conversation: '12' }));
  assert.deepEqual(
    heard.map(({ info }) => info.missing),
    [{ from: 5, to: 6 }, null],
  );
});

test('gap: what was given up came meanwhile, nothing is missing', async () => {
  const { deliver, heard } = listen();
  for (const sequence of [1, 2]) await deliver(message(sequence));
  await deliver(message(3, { gap: { from: 2, to: 2 } }));
  assert.deepEqual(heard.at(-1)!.info, fine);
});

test('late: an event resent behind later ones, handled and marked, and opens no gap', async () => {
  const { deliver, heard } = listen();
  for (const sequence of [1, 3, 2, 4]) await deliver(message(sequence));
  assert.deepEqual(
    heard.map(({ info }) => info),
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
    // A large body takes longer to check; it was first all the same.
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

test('signs of life: handed over each time, whatever their ids, and never counted', async () => {
  const { deliver, ids, heard } = listen();
  await deliver(message(1));
  await deliver(typing('event_11_2'));
  await deliver(message(2));
  const ping = { event_name: 'ping', event_id: 'p', workspace_id: '1', channel: 'app' };
  await deliver({ ...ping, sequence: null, created_at_ms: '2026-01-02T03:04:05.000Z' });
  assert.deepEqual(ids(), ['event_11_1', 'event_11_2', 'event_11_2', 'p']);
  assert.ok(heard.every(({ info }) => info.missing === null && !info.isLate));
});

test('unknown event: acknowledges it, hands it to onUnknown and counts it', async () => {
  const unknown: UnknownEvent[] = [];
  const { deliver, heard } = listen({ onUnknown: (event) => void unknown.push(event) });
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
  assert.deepEqual(heard.at(-1)!.info, fine);
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

test('memory store: full, the oldest ids are forgotten, the latest kept', async () => {
  const { deliver, ids } = listen({ store: createMemoryStore(3) });
  for (const sequence of [1, 2, 3, 4, 4, 2, 1]) await deliver(message(sequence));
  assert.deepEqual(ids(), ['event_11_1', 'event_11_2', 'event_11_3', 'event_11_4', 'event_11_1']);
});

test('store: busy elsewhere, 503 with a time to come back', async () => {
  const store = createMemoryStore();
  await store.claim({ eventId: 'event_11_1', conversation: '1/11', sequence: 1 });
  const { deliver, ids } = listen({ store });
  const answer = await deliver(message(1));
  assert.deepEqual([answer.status, answer.headers['retry-after']], [503, '1']);
  assert.deepEqual(ids(), []);
});

test('store: shared by two receivers, an event is handled by one', async () => {
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

test('store: one that fails, 500, the claim is given back and the app is told', async () => {
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

test('createReceiver: what cannot work, refused at once with what to do', () => {
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

test('maxBodyBytes: not a whole number above 0, refused when the receiver is made', () => {
  for (const maxBodyBytes of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, '2mb' as never]) {
    assert.throws(
      () => createReceiver({ secrets: secret, onEvent: () => {}, maxBodyBytes }),
      /maxBodyBytes: give a whole number/,
    );
  }
});

test('ids: longer than any of Parley’s, 400 and nothing is kept', async () => {
  const heard: unknown[] = [];
  const receiver = createReceiver({
    secrets: secret,
    clock: () => nowMs,
    onEvent: (event) => void heard.push(event),
  });
  const long = 'x'.repeat(256);
  for (const fields of [{ event_id: long }, { conversation: long }, { workspace_id: long }]) {
    const answer = await receiver.receive(sign(message(1, fields)));
    assert.deepEqual([answer.status, answer.text], [400, 'an id is too long']);
  }
  assert.deepEqual(heard, []);
  assert.equal(
    (await receiver.receive(sign(message(1, { event_id: 'x'.repeat(255) })))).status,
    200,
  );
});
