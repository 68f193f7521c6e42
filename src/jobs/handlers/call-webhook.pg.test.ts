// Webhook calls with a real engine, database and receiver: how runs go on after each, and what is sent and logged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { until } from '../../../test/support/until.ts';
import { systemClock as clock } from '../../base/clock.ts';
import { SecretBox } from '../../base/seal.ts';
import { findNextTry } from '../../store/workflows/jobs.ts';
import { openReceiver } from '../receiver.fixture.ts';
import { letPass, openJobsPool, rest } from '../test-workspace.fixture.ts';
import { database, errors, openCall, startJobs } from '../webhook-stage.fixture.ts';

test('webhooks: a signed call saves its JSON response, and the run goes on', async (context) => {
  const receiver = await openReceiver((response) =>
    response.end(JSON.stringify({ order: { status: 'shipped\u0000' } })),
  );
  const call = await openCall(receiver.url);
  const { ends, lines } = startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['thanks']);
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'shipped' });
  assert.equal(await call.jobCount(), 0);
  await until('it is counted', () => ends.length === 1);
  assert.deepEqual(ends, ['answered']);

  const [received] = receiver.calls;
  assert.equal(received!.body, '{"order":"7"}');
  assert.equal(received!.headers['x-shop'], 'north');
  assert.equal(received!.headers['parley-conversation-id'], String(call.conversationId));
  assert.match(received!.headers['webhook-id'] as string, /^job_\d+$/);
  const verified = new Webhook(call.secret).verify(
    received!.body,
    received!.headers as Record<string, string>,
  );
  assert.deepEqual(verified, { order: '7' });
  const said = lines.join('');
  for (const hidden of [call.secret, receiver.url, 'order', 'shipped']) {
    assert.ok(!said.includes(hidden), `the log has ${hidden}`);
  }
});

test('webhooks: a retry after 500 carries the same id and has one effect', async (context) => {
  const receiver = await openReceiver((response, before) =>
    response.writeHead(before === 0 ? 500 : 200).end('{"order":{"status":"ok"}}'),
  );
  const call = await openCall(receiver.url);
  const { ends } = startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['thanks']);
  const ids = receiver.calls.map(({ headers }) => headers['webhook-id']);
  assert.equal(ids.length, 2);
  assert.equal(ids[0], ids[1]);
  assert.deepEqual(
    receiver.calls.map(({ headers }) => headers['parley-attempt']),
    ['1', '2'],
  );
  await until('both are counted', () => ends.length === 2);
  assert.deepEqual(ends, ['retried', 'answered']);
});

test('webhooks: Retry-After within the time limit of the step delays the retry', async (context) => {
  const receiver = await openReceiver((response, before) =>
    response.writeHead(before === 0 ? 429 : 200, { 'retry-after': '600' }).end('{}'),
  );
  const call = await openCall(receiver.url, { withinMs: 3_600_000 });
  startJobs(context);
  await until('it was called', () => receiver.calls.length === 1);
  await rest(400);
  assert.equal(receiver.calls.length, 1);
  const { jobId } = (await call.conversation('a')).run!.waiting as { jobId: number };
  const nextTryAt = await findNextTry(openJobsPool(database), call.workspaceId, jobId);
  assert.ok(Math.abs(nextTryAt! - clock() - 600_000) < 5_000);
  await letPass(database, 601_000);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['thanks']);
});

test('webhooks: Retry-After beyond the step’s time limit fails the call at once', async (context) => {
  const receiver = await openReceiver((response) =>
    response.writeHead(503, { 'retry-after': '86400' }).end('{}'),
  );
  const call = await openCall(receiver.url, { timeoutMs: 3_000, retryDelaysMs: [1_000] });
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.equal(receiver.calls.length, 1);
  assert.match(await call.trace('a'), /status 503, and asks for a pause of 1440 min/);
});

test('webhooks: an attempt gets no more time than the step has left', async (context) => {
  const receiver = await openReceiver(() => {});
  const call = await openCall(receiver.url, { timeoutMs: 30_000, withinMs: 2_000 });
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.equal(receiver.calls.length, 1);
  assert.match(
    await call.trace('a'),
    /no response within 1?\d{1,3} ms, and the time of the step is over/,
  );
});

test('webhooks: secrets reach the receiver, and neither the log nor the trace', async (context) => {
  const value = 'sk-live-"3f9a/7&secret';
  const receiver = await openReceiver((response) => {
    const { 'x-key': key } = receiver.calls.at(-1)!.headers;
    response.end(JSON.stringify({ order: { status: `you sent ${key as string}` } }));
  });
  const call = await openCall(`${receiver.url}?key=\${secret:orders_key}`, {
    headers: { 'x-key': 'Bearer ${secret:orders_key}', 'x-name': '{{ contact.name }}' },
    url: `${receiver.url}?key=\${secret:orders_key}`,
  });
  await call.addSecret('orders_key', value);
  const { lines } = startJobs(context);
  await call.ended();
  const [received] = receiver.calls;
  assert.equal(received!.headers['x-key'], `Bearer ${value}`);
  assert.equal(received!.headers['x-name'], 'Ada');
  assert.equal(received!.path, `/orders?key=${encodeURIComponent(value)}`);
  const { customAttributes } = await call.conversation('a');
  assert.deepEqual(customAttributes, { status: 'you sent Bearer ***' });
  for (const text of [lines.join(''), await call.trace('a')]) {
    assert.ok(!text.includes('sk-live'), text);
  }
});

test('webhooks: a missing or unreadable secret prevents the call', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const headers = { 'x-key': '${secret:orders_key}' };
  const gone = await openCall(receiver.url, { headers });
  const closed = await openCall(receiver.url, { headers });
  await closed.addSecret('orders_key', 'value', new SecretBox('another key'));
  startJobs(context);
  for (const [call, why] of [
    [gone, /needs the secret \\?"orders_key\\?", which is not there any more/],
    [closed, /needs the secret \\?"orders_key\\?", which does not open/],
  ] as const) {
    await call.ended();
    assert.deepEqual(await call.parts('a'), ['sorry']);
    assert.match(await call.trace('a'), why);
  }
  assert.equal(receiver.calls.length, 0);
});

/** Begins another conversation of a workspace, and waits until its run has ended. */
async function runAgain(call: Awaited<ReturnType<typeof openCall>>, name: string) {
  await call.begin(name);
  await until('the run ended', async () => (await call.conversation(name)).run?.status === 'ended');
}

test('webhooks: a missing secret is logged once, until its reason changes', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const headers = { 'x-key': '${secret:orders_key}' };
  const call = await openCall(receiver.url, { headers });
  const { lines } = startJobs(context);
  const reasons = () =>
    lines
      .map((line) => JSON.parse(line) as { msg: string; reason?: string })
      .filter(({ msg }) => msg === 'job.lacks_a_secret')
      .map(({ reason }) => reason!.slice(reason!.lastIndexOf(', ')));
  await call.ended();
  await runAgain(call, 'b');
  assert.deepEqual(reasons(), [', which is not there any more']);
  await call.addSecret('orders_key', 'value', new SecretBox('another key'));
  await runAgain(call, 'c');
  await runAgain(call, 'd');
  assert.deepEqual(reasons(), [', which is not there any more', ', which does not open']);
});

test('webhooks: a secret that does not open is logged once for each channel', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const fields = { retryDelaysMs: [10, 10] };
  const calls = await Promise.all([openCall(receiver.url, fields), openCall(receiver.url, fields)]);
  const { lines } = startJobs(context, { secretBox: null });
  for (const call of calls) await call.ended();
  const channels = lines
    .map((line) => JSON.parse(line) as { msg: string; workspaceId: number })
    .filter(({ msg }) => msg === 'job.cannot_be_signed')
    .map(({ workspaceId }) => workspaceId);
  assert.deepEqual(channels.toSorted(), calls.map(({ workspaceId }) => workspaceId).toSorted());
});

const troubles: readonly {
  readonly cause: string;
  readonly respond: (response: import('node:http').ServerResponse) => void;
  readonly calls: number;
  readonly reason: RegExp;
}[] = [
  { cause: 'silence', respond: () => {}, calls: 3, reason: /no response within 150 ms/ },
  {
    cause: 'an endless response',
    respond: (response) => void response.writeHead(200).write('{"a":'),
    calls: 3,
    reason: /did not end within 150 ms/,
  },
  { cause: 'a hang-up', respond: (response) => response.destroy(), calls: 3, reason: /failed/ },
  {
    cause: 'a 422',
    respond: (response) => response.writeHead(422).end(),
    calls: 1,
    reason: /status 422/,
  },
];

for (const { cause, respond, calls, reason } of troubles) {
  test(`webhooks: ${cause} takes ${calls} calls and then the branch for failures`, async (context) => {
    const receiver = await openReceiver(respond);
    const call = await openCall(receiver.url, { timeoutMs: 150, retryDelaysMs: [20, 20] });
    startJobs(context);
    await call.ended();
    assert.deepEqual(await call.parts('a'), ['sorry']);
    assert.equal(receiver.calls.length, calls);
    assert.match(await call.trace('a'), reason);
    assert.equal(await call.jobCount(), 0);
  });
}

test('webhooks: a redirect is not followed', async (context) => {
  const inside = await openReceiver((response) => response.end('{}'));
  const receiver = await openReceiver((response) =>
    response.writeHead(307, { location: inside.url }).end(),
  );
  const call = await openCall(receiver.url, { retryDelaysMs: [] });
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.match(await call.trace('a'), /307, and redirects are not followed/);
  assert.equal(inside.calls.length, 0);
});

test('webhooks: an address that is not allow-listed fails the call at once', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const call = await openCall(receiver.url, {}, []);
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.match(await call.trace('a'), /127\.0\.0\.1 is loopback/);
  assert.equal(receiver.calls.length, 0);
});

/** Response bodies, and the end of a run that would save a value of each. */
const bodies: readonly (readonly [
  of: string,
  body: string | Buffer,
  encoding: string,
  said: string,
])[] = [
  ['HTML', '<html>', 'identity', 'sorry'],
  ['nothing', '', 'identity', 'thanks'],
  ['too much', `{"order":{"status":"${'x'.repeat(300_000)}"}}`, 'identity', 'sorry'],
  ['nesting', '['.repeat(100_000), 'identity', 'sorry'],
  ['closed nesting', '['.repeat(90_000) + ']'.repeat(90_000), 'identity', 'sorry'],
  ['a list', '[]', 'identity', 'thanks'],
  ['a number', '7', 'identity', 'thanks'],
  ['a bomb', gzipSync(Buffer.alloc(50_000_000, ' ')), 'gzip', 'sorry'],
  ['no gzip', '{}', 'gzip', 'sorry'],
  ['an unknown encoding', '{}', 'compress', 'sorry'],
  ['empty gzip', '', 'gzip', 'thanks'],
];

test('webhooks: an unusable response clears the saved value', async (context) => {
  const receiver = await openReceiver((response) => {
    const { body } = receiver.calls.at(-1)!;
    const [, content, encoding] = bodies[Number(JSON.parse(body).index)]!;
    response.writeHead(200, { 'content-encoding': encoding }).end(content);
  });
  const body = { index: '{{ conversation.external_id }}' };
  const call = await openCall(receiver.url, { body }, ['127.0.0.0/8'], '0');
  await database.sql(
    `update conversations set custom_attributes = '{"status":"old"}' where workspace_id = $1`,
    [call.workspaceId],
  );
  for (const index of bodies.keys()) if (index > 0) await call.begin(String(index));
  startJobs(context);
  for (const [index, [of, , , said]] of bodies.entries()) {
    const name = String(index);
    await until(
      'its run ended',
      async () => (await call.conversation(name)).run?.status === 'ended',
    );
    assert.deepEqual(await call.parts(name), [said], of);
    assert.deepEqual((await call.conversation(name)).customAttributes, {}, of);
  }
  assert.deepEqual(errors(), []);
});

test('webhooks: compressed responses are read; large numbers keep their digits', async (context) => {
  const json = '{"order":{"status":9007199254740993}}';
  const coders = {
    gzip: gzipSync,
    br: brotliCompressSync,
    deflate: deflateSync,
    zstd: zstdCompressSync,
  };
  for (const [encoding, code] of Object.entries(coders)) {
    const receiver = await openReceiver((response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(code(json)),
    );
    const call = await openCall(receiver.url);
    startJobs(context);
    await call.ended();
    const { customAttributes } = await call.conversation('a');
    assert.deepEqual(customAttributes, { status: '9007199254740993' }, encoding);
  }
});

test('webhooks: a late response is ignored after a teammate has taken over', async (context) => {
  let respond = () => {};
  const receiver = await openReceiver((response) => {
    respond = () => response.end('{"order":{"status":"late"}}');
  });
  const call = await openCall(receiver.url);
  startJobs(context);
  await until('it was called', () => receiver.calls.length === 1);
  const [admin] = await database.sql<{ id: number }>(
    'select id from admins where workspace_id = $1',
    [call.workspaceId],
  );
  const { conversationId } = call;
  const action = { do: 'comment', body: 'mine now' } as const;
  await call.submit('a', { kind: 'teammate', conversationId, adminId: admin!.id, action });
  respond();
  await until('the job is gone', async () => (await call.jobCount()) === 0);
  assert.deepEqual(await call.parts('a'), ['mine now']);
  assert.deepEqual((await call.conversation('a')).customAttributes, {});
  assert.match(await call.trace('a'), /taken_over|took over the conversation/);
});

test('webhooks: a call is not sent unsigned when its secret does not open', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const call = await openCall(receiver.url, { retryDelaysMs: [] });
  startJobs(context, { secretBox: null });
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.equal(receiver.calls.length, 0);
});
