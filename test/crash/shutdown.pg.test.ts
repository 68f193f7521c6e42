// A stopping Parley responds to every request it received, loses nothing acknowledged, and exits in time.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { launchParley, type ParleyProcess, startParley, TOKEN } from '../support/process.ts';
import { SeededRandom, seed } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { findViolations, readStored } from './audit.ts';
import { Client } from './client.ts';
import { Cluster, makeDataFolder } from './cluster.ts';
import { EventScript, type ScriptEvent } from './event-script.ts';
import { sendAgain, sendEvent, startLoad } from './load.ts';

const exitLimitMs = 10_000;
const settings = { PARLEY_DATA_DIR: makeDataFolder(), PARLEY_LOG_LEVEL: 'warn' };
const script = new EventScript(new SeededRandom(seed + 5));

test('shutdown: answers everything sent before SIGTERM or SIGINT under load', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { parley, url } = await startParley({ settings });
    const load = startLoad(new Client(url, TOKEN), script, { senders: 24, mayBreak: true });
    await until('the load runs', () => load.counts.answered > 200);
    const signalAtMs = performance.now();
    parley.signal(signal);
    await expectCleanExit(parley, signalAtMs);
    await load.stop();
    t.diagnostic(`${signal}: ${JSON.stringify(load.counts)}`);
    const lost = load.brokenSentAtMs.filter((sentAtMs) => sentAtMs < signalAtMs);
    assert.deepEqual(lost, [], 'broken off although sent before the signal');
  }
  await audit();
});

test('shutdown: answers and stores requests in flight, undelayed by slow clients', async () => {
  const { parley, url } = await startParley({ settings });
  const cluster = await Cluster.of(settings.PARLEY_DATA_DIR);
  const client = new Client(url, TOKEN);
  const begin = conversationEvent('begin', 'new_conversation');
  assert.equal(statusOf(await sendEvent(client, begin)), 200);

  // Nothing can be committed now, so all of these are in flight when the signal comes.
  const frozen = cluster.freeze();
  const messages = Array.from({ length: 20 }, (_, n) => conversationEvent(`m${n}`, 'new_message'));
  // All at once, while their token is cached: no lookup works either.
  const sent = messages.map((message) => sendEvent(client, message));
  // They share a conversation: one is in a group that cannot commit, the others wait for it.
  await until('the others wait', async () => (await waitingSignals(client)) === sent.length - 1);
  const idle = await openIdleConnection(url);
  const slow = await openSlowConnection(url);

  const signalAtMs = performance.now();
  parley.signal('SIGTERM');
  await until('it has begun to close', async () => {
    const outcome = await client.get('/healthz');
    return outcome.kind === 'broken' || outcome.headers.connection === 'close';
  });
  parley.signal('SIGTERM');
  cluster.thaw(frozen);
  const outcomes = await Promise.all(sent);
  assert.deepEqual(
    outcomes.map(statusOf),
    outcomes.map(() => 200),
  );
  await until('idle connections are closed', () => idle.closed);
  await until('the port is closed', () => rejectsConnections(url));
  assert.equal(parley.exit, undefined, 'the slow client still has time');
  await expectCleanExit(parley, signalAtMs);
  await until('slow connections are closed', () => slow.closed);

  const again = await startParley({ settings });
  const replays = await Promise.all(
    messages.map((message) => sendEvent(new Client(again.url, TOKEN), message)),
  );
  for (const [index, replay] of replays.entries()) {
    assert.ok(replay.kind === 'answered' && replay.headers['idempotent-replayed'] === 'true');
    const outcome = outcomes[index]!;
    assert.deepEqual(replay.body, outcome.kind === 'answered' && outcome.body);
  }
  assert.deepEqual(await again.parley.stop(), { code: 0, signal: null });
});

test('shutdown: stops a starting process, and one whose launcher is gone', async () => {
  const starting = launchParley({ settings: { ...settings, PARLEY_LOG_LEVEL: 'info' } });
  await until('it has begun', () => starting.log.includes('PostgreSQL runs'));
  starting.signal('SIGTERM');
  await expectCleanExit(starting, performance.now());

  const { parley } = await startParley({ settings });
  parley.child.disconnect();
  await expectCleanExit(parley, performance.now());
});

test('data folder: rejects a second Parley with a message that names the first', async () => {
  const { parley, url } = await startParley({ settings });
  const second = launchParley({ settings });
  const { code } = await second.exited;
  assert.equal(code, 1);
  const message = `parley: The data folder ${settings.PARLEY_DATA_DIR} is in use by parley serve (pid ${parley.pid})`;
  assert.ok(second.log.includes(message), second.log);
  assert.doesNotMatch(second.log, /^ +at /m, 'no stack');
  const outcome = await new Client(url, TOKEN).get('/me');
  assert.equal(statusOf(outcome), 200, 'the first goes on');
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
});

async function expectCleanExit(parley: ParleyProcess, signalAtMs: number): Promise<void> {
  assert.deepEqual(await parley.exited, { code: 0, signal: null }, parley.log);
  const tookMs = performance.now() - signalAtMs;
  assert.ok(tookMs < exitLimitMs, `took ${Math.round(tookMs)} ms`);
}

/** Checks after a restart that everything acknowledged is stored exactly once. */
async function audit(): Promise<void> {
  const { parley, url } = await startParley({ settings });
  const cluster = await Cluster.of(settings.PARLEY_DATA_DIR);
  const stored = await readStored((text, values) => cluster.query(text, values));
  assert.deepEqual(findViolations(stored, script), []);
  const acknowledged = script.acknowledged.map(({ event }) => event);
  assert.ok(acknowledged.length > 300);
  await sendAgain(new Client(url, TOKEN), script, acknowledged.slice(-100));
  assert.deepEqual(script.violations, []);
  assert.deepEqual(await parley.stop(), { code: 0, signal: null });
}

function conversationEvent(name: string, kind: 'new_conversation' | 'new_message'): ScriptEvent {
  const fields = kind === 'new_message' ? { body: `Words of ${name}` } : {};
  const ids = { conversation: 'conversation_in_flight', contact: 'contact_in_flight' };
  return { eventId: `evt_in_flight_${name}`, kind, ...ids, fields, line: null };
}

const statusOf = (outcome: Awaited<ReturnType<typeof sendEvent>>): number | string =>
  outcome.kind === 'answered' ? outcome.status : outcome.code;

async function metric(client: Client, pattern: RegExp): Promise<number | undefined> {
  const outcome = await client.get('/metrics');
  const found = outcome.kind === 'answered' ? pattern.exec(String(outcome.body)) : null;
  return found === null ? undefined : Number(found[1]);
}

const waitingSignals = (client: Client) => metric(client, /^parley_signals_waiting (\d+)$/m);

/** A connection that has been used and waits for more. */
async function openIdleConnection(url: string): Promise<Socket> {
  const socket = openSocket(url);
  let response = '';
  socket.on('data', (chunk) => {
    response += chunk;
  });
  socket.write('GET /healthz HTTP/1.1\r\nHost: parley\r\n\r\n');
  await until('the idle connection was answered', () => response.includes('"ok"'));
  return socket;
}

/** A connection whose request never becomes complete. */
async function openSlowConnection(url: string): Promise<Socket> {
  const socket = openSocket(url);
  // An unread response would hide that the connection is closed.
  socket.resume();
  const head = [
    'POST /custom_channel_events/notify_new_message HTTP/1.1',
    'Host: parley',
    `Authorization: Bearer ${TOKEN}`,
    'Content-Type: application/json',
    'Content-Length: 1000',
    '',
    '{"event_id":"evt_never_complete"',
  ];
  await new Promise((resolve) => socket.write(head.join('\r\n'), resolve));
  return socket;
}

function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // Some of them are meant to be cut off.
  socket.on('error', () => {});
  return socket;
}

function rejectsConnections(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
