// Webhook calls with a real engine, database and receiver: what the run makes of each end, and that nothing is lost or
// counted twice when servers die.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { atEnd } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { systemClock as clock } from '../../base/clock.ts';
import { newSigningSecret } from '../../base/random.ts';
import { fail } from '../../base/result.ts';
import { SecretBox } from '../../base/seal.ts';
import { apiError } from '../../contract/errors.ts';
import type { Step } from '../../core/workflow/definition.ts';
import type { Engine } from '../../engine/engine.ts';
import { OutgoingHttp } from '../../outgoing/http-client.ts';
import { findNextTry } from '../../store/workflows/jobs.ts';
import { openDatabaseWay } from '../database-way.fixture.ts';
import { openReceiver } from '../receiver.fixture.ts';
import {
  keepLog,
  letPass,
  openEngine,
  openJobsPool,
  openScene,
  rest,
  say,
  secretBox,
  until,
} from '../test-workspace.fixture.ts';
import { type JobEnd, WebhookJobs, type WebhookJobsDependencies } from './call-webhook.ts';

const database = await openTestDatabase();
const { engine, errors } = openEngine(database);
const http = new OutgoingHttp({ clock });
atEnd(() => http.close());

type Context = { after: (end: () => unknown) => void };

/** The jobs of a server, until the end of a test. */
function startJobs(context: Context, fields: Partial<WebhookJobsDependencies> = {}) {
  const { lines, log } = keepLog();
  const ends: JobEnd[] = [];
  const jobs = new WebhookJobs({
    pool: openJobsPool(database),
    clock,
    log,
    engine,
    http,
    secretBox,
    metrics: { countJob: (end) => ends.push(end), observeWebhookCall: () => {} },
    ...fields,
  });
  jobs.start();
  context.after(() => jobs.stop(100));
  return { jobs, ends, lines };
}

type CallStep = Extract<Step, { readonly do: 'call_webhook' }>;

const callStep = (url: string, fields: Partial<CallStep> = {}): Step => ({
  id: 'call',
  do: 'call_webhook',
  url,
  method: 'POST',
  headers: { 'x-shop': 'north' },
  body: { order: '7' },
  timeoutMs: 2_000,
  retryDelaysMs: [100, 100],
  save: [
    { attribute: 'status', pointer: '/order/status' },
    { attribute: 'missing', pointer: '/nothing' },
  ],
  failed: 'sorry',
  next: 'thanks',
  ...fields,
});

/** A scene whose one conversation waits for a call. */
async function openCall(
  url: string,
  fields: Partial<CallStep> = {},
  allowedCidrs: readonly string[] = ['127.0.0.0/8'],
  name = 'a',
) {
  const secret = newSigningSecret();
  const steps = [callStep(url, fields), say('thanks'), say('sorry')];
  const scene = await openScene(database, engine, steps);
  await scene.allow(secret, allowedCidrs);
  const conversationId = await scene.begin(name);
  const hasEnded = async () => (await scene.conversation('a')).run?.status === 'ended';
  return { ...scene, secret, conversationId, ended: () => until('the run ended', hasEnded) };
}

test('webhooks: a JSON answer, it is saved and the run goes on; the call is signed and its job is gone', async (context) => {
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

test('webhooks: 500 and then 200, the same id twice and one effect', async (context) => {
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

test('webhooks: Retry-After within the time of the step is waited for, and can be read', async (context) => {
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

test('webhooks: Retry-After beyond the time of the step, it fails at once', async (context) => {
  const receiver = await openReceiver((response) =>
    response.writeHead(503, { 'retry-after': '86400' }).end('{}'),
  );
  const call = await openCall(receiver.url, { timeoutMs: 3_000, retryDelaysMs: [1_000] });
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.equal(receiver.calls.length, 1);
  assert.match(await call.trace('a'), /answered with 503, and asks for a pause of 1440 min/);
});

test('webhooks: a try has no more time than the step has left', async (context) => {
  const receiver = await openReceiver(() => {});
  const call = await openCall(receiver.url, { timeoutMs: 30_000, withinMs: 400 });
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.equal(receiver.calls.length, 1);
  assert.match(
    await call.trace('a'),
    /no answer within \d{1,3} ms, and the time of the step is over/,
  );
});

test('webhooks: secrets, sealed until the call and in nothing that is kept of it', async (context) => {
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

test('webhooks: a secret that is gone, or that does not open, no call is made', async (context) => {
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

const troubles: readonly {
  readonly of: string;
  readonly answer: (response: import('node:http').ServerResponse) => void;
  readonly calls: number;
  readonly reason: RegExp;
}[] = [
  { of: 'no answer at all', answer: () => {}, calls: 3, reason: /no answer within 150 ms/ },
  {
    of: 'an answer that does not end',
    answer: (response) => void response.writeHead(200).write('{"a":'),
    calls: 3,
    reason: /did not end within 150 ms/,
  },
  { of: 'a hang-up', answer: (response) => response.destroy(), calls: 3, reason: /failed/ },
  {
    of: 'a refusal',
    answer: (response) => response.writeHead(422).end(),
    calls: 1,
    reason: /answered with 422/,
  },
];

for (const { of, answer, calls, reason } of troubles) {
  test(`webhooks: ${of}, ${calls} calls and then the branch for failures`, async (context) => {
    const receiver = await openReceiver(answer);
    const call = await openCall(receiver.url, { timeoutMs: 150, retryDelaysMs: [20, 20] });
    startJobs(context);
    await call.ended();
    assert.deepEqual(await call.parts('a'), ['sorry']);
    assert.equal(receiver.calls.length, calls);
    assert.match(await call.trace('a'), reason);
    assert.equal(await call.jobCount(), 0);
  });
}

test('webhooks: a redirect, it is not followed', async (context) => {
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

test('webhooks: an address that is not allow-listed, it is not reached and the call fails at once', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const call = await openCall(receiver.url, {}, []);
  startJobs(context);
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.match(await call.trace('a'), /127\.0\.0\.1 is loopback/);
  assert.equal(receiver.calls.length, 0);
});

/** Response bodies, and what becomes of a run that would save a value of them. */
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

test('webhooks: responses that are no use, they fail and no value of before is left', async (context) => {
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

test('webhooks: compressed responses are read, and large numbers as they are', async (context) => {
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

test('webhooks: a teammate takes over during the call, the late answer is refused and says so', async (context) => {
  let answer = () => {};
  const receiver = await openReceiver((response) => {
    answer = () => response.end('{"order":{"status":"late"}}');
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
  answer();
  await until('the job is gone', async () => (await call.jobCount()) === 0);
  assert.deepEqual(await call.parts('a'), ['mine now']);
  assert.deepEqual((await call.conversation('a')).customAttributes, {});
  assert.match(await call.trace('a'), /taken_over|took the conversation over/);
});

test('webhooks: a conversation that is gone, its job is forgotten and nobody is called', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const call = await openCall(receiver.url);
  await database.sql('update conversations set deleted_at = now() where workspace_id = $1', [
    call.workspaceId,
  ]);
  const { ends } = startJobs(context);
  await until('the job is gone', async () => (await call.jobCount()) === 0);
  await until('it is counted', () => ends.length === 1);
  assert.deepEqual(ends, ['gone']);
  assert.equal(receiver.calls.length, 0);
});

test('webhooks: a secret that does not open, nothing is sent unsigned', async (context) => {
  const receiver = await openReceiver((response) => response.end('{}'));
  const call = await openCall(receiver.url, { retryDelaysMs: [] });
  startJobs(context, { secretBox: null });
  await call.ended();
  assert.deepEqual(await call.parts('a'), ['sorry']);
  assert.equal(receiver.calls.length, 0);
});

test('webhooks: a channel whose endpoint hangs, it gets its share and others are served at once', async (context) => {
  const dead = await openReceiver(() => {});
  const alive = await openReceiver((response) => response.end('{}'));
  const stuck = await openCall(dead.url, { timeoutMs: 30_000 });
  for (let index = 0; index < 40; index += 1) await stuck.begin(`s${index}`);
  const { jobs } = startJobs(context, { perChannelMax: 4 });
  await until('it has its share', () => dead.calls.length === 4);
  const calls = await Promise.all([openCall(alive.url), openCall(alive.url)]);
  jobs.wake();
  for (const call of calls) await call.ended();
  assert.equal(dead.calls.length, 4);
  assert.equal(await stuck.jobCount(), 41);
  // So that the next tests have the machine to themselves.
  await jobs.stop(0);
  await database.sql('delete from jobs where workspace_id = $1', [stuck.workspaceId]);
});

test('webhooks: two servers, every job is called once', async (context) => {
  const receiver = await openReceiver((response) => setTimeout(() => response.end('{}'), 5));
  const call = await openCall(receiver.url);
  const names = Array.from({ length: 100 }, (_, index) => `c${index}`);
  await Promise.all(names.map(call.begin));
  startJobs(context);
  startJobs(context);
  await until('all are done', async () => (await call.jobCount()) === 0);
  assert.equal(receiver.calls.length, 101);
  assert.equal(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size, 101);
});

test('webhooks: a door that is full when the answer is there, the answer is kept and not asked for again', async (context) => {
  const receiver = await openReceiver((response) => response.end('{"order":{"status":"kept"}}'));
  const call = await openCall(receiver.url);
  let refusals = 0;
  const door: Pick<Engine, 'submit'> = {
    submit(submission) {
      refusals += 1;
      return refusals <= 3
        ? Promise.resolve(fail(apiError('serviceUnavailable')))
        : engine.submit(submission);
    },
  };
  startJobs(context, { engine: door });
  await call.ended();
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'kept' });
  assert.equal(receiver.calls.length, 1);
});

test('webhooks: a database that is away when the answer is there, the answer is kept and not asked for again', async (context) => {
  const way = await openDatabaseWay(database);
  const target = { host: '127.0.0.1', port: way.port };
  const receiver = await openReceiver((response) => {
    way.cut();
    setTimeout(way.mend, 300);
    response.end('{"order":{"status":"kept"}}');
  });
  const call = await openCall(receiver.url);
  const { ends } = startJobs(context, {
    pool: openJobsPool(database, target),
    engine: openEngine(database, target).engine,
  });
  await call.ended();
  await until('it is counted', () => ends.length === 1);
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'kept' });
  assert.deepEqual(ends, ['answered']);
  assert.equal(receiver.calls.length, 1);
});

const killedServer = fileURLToPath(new URL('../killed-server.fixture.ts', import.meta.url));

test('webhooks: a server killed between the answer and the door, another calls again when the lease is over', async (context) => {
  const receiver = await openReceiver((response, before) =>
    response.end(JSON.stringify({ order: { status: `answer ${before}` } })),
  );
  const call = await openCall(receiver.url);
  const child = spawn(process.execPath, [killedServer], {
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      PARLEY_FAULT_POINT: 'after_call:1',
      JOBS_DATABASE: JSON.stringify({ ...database.target }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  const [, signal] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
  assert.equal(signal, 'SIGKILL');
  assert.equal(receiver.calls.length, 1);
  assert.equal(await call.jobCount(), 1);

  startJobs(context);
  await rest(200);
  assert.equal(receiver.calls.length, 1, 'the lease was not respected');
  await letPass(database, 40_000);
  await call.ended();
  const [first, second] = receiver.calls;
  assert.equal(receiver.calls.length, 2);
  assert.equal(first!.headers['webhook-id'], second!.headers['webhook-id']);
  assert.deepEqual(await call.parts('a'), ['thanks']);
  assert.deepEqual((await call.conversation('a')).customAttributes, { status: 'answer 1' });
  assert.equal(await call.jobCount(), 0);
});

test('webhooks: a server that stops during a call, it waits a little and then lets go', async (context) => {
  const receiver = await openReceiver((response, before) => {
    if (before > 0) response.end('{}');
  });
  const call = await openCall(receiver.url, { timeoutMs: 30_000 });
  const { jobs, ends } = startJobs(context);
  await until('it was called', () => receiver.calls.length === 1);
  await jobs.stop(50);
  assert.deepEqual(ends, []);
  assert.equal(await call.jobCount(), 1);
  await letPass(database, 61_000);
  startJobs(context);
  await call.ended();
});
