// The commands for events, as processes: tail, attempts, resend, dead-letters, channel ping, listen and the check of a
// signature.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { SecretBox } from '../../src/base/seal.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { CommandFailed } from '../../src/cli/kit/command.ts';
import { runCommand } from '../../src/cli/kit/run-command.ts';
import {
  checkoutLauncher,
  cleanEnvironment,
  type Ran,
  runParley,
  temporaryFolder,
} from '../cli/run-parley.ts';
import { listen } from '../support/listen.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startTestParley } from '../support/server.ts';
import {
  addConversation,
  addEvent,
  connectAsEngine,
  type LoggedConversation,
  untilSettled,
} from './event-log-rows.ts';

const commands = await loadCommands();

const SECRET_KEY = 'a_key_for_the_tests_0123456789_0123456789';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const database = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };
const parley = (...words: string[]): Promise<Ran> => runParley(words, { settings });

async function done(...words: string[]): Promise<Ran> {
  const ran = await parley(...words);
  assert.equal(ran.code, 0, ran.err);
  return ran;
}

// Creates the default workspace and channel, as a start of the server does.
await done('token', 'create');

type Received = { readonly headers: IncomingMessage['headers']; readonly body: string };

/** Starts an app that responds with these statuses in turn, then with 200. */
async function startApp(statuses: number[] = []) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 200).end('thank\nyou');
    });
  });
  return { received, url: `http://127.0.0.1:${await listen(server)}/events` };
}

await done('channel', 'list');
const conversation = await addConversation(database);
const ids: string[] = [];
for (let round = 0; round < 4; round += 1)
  ids.push(await addEvent(database, conversation, `Text ${round}`));

const setCallback = (url: string) =>
  database.sql(
    `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed, allowed_cidrs)
     values (1, 1, $1, $2, $3)
     on conflict (workspace_id, channel_id) do update set url = excluded.url`,
    [url, new SecretBox(SECRET_KEY).seal(SECRET, 'callback secret 1 1'), ['127.0.0.0/8']],
  );

test('events tail: prints the last events, those after one, or of one conversation', async () => {
  const other = await addConversation(database);
  await addEvent(database, other, 'odd \u001b[31m\u202e text '.repeat(20));
  await untilSettled(database);
  const [text, json, after, ofOne, follow] = await Promise.all([
    done('events', 'tail'),
    done('events', 'tail', '--json'),
    done(
      'events',
      'tail',
      '--json',
      '--after',
      ids[2]!,
      '--conversation',
      `${conversation.conversationId}`,
    ),
    done('events', 'tail', '--conversation', `${other.conversationId}`),
    tailAndFollow(other),
  ]);
  assert.match(text.out, new RegExp(`Z {2}${ids[0]} {2}new_message .*#1 {2}Text 0\n`));
  for (const odd of ['\u001b', '\u202e']) assert.ok(!text.out.includes(odd));
  const bodies = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    bodies.slice(0, 4).map(({ event_id: id }) => id),
    ids,
  );
  assert.equal(JSON.parse(after.out).event_id, ids[3]);
  assert.match(ofOne.out, /odd \[31m text .*…\n/);
  assert.match(follow, /while it follows/);
});

/** Follows the log until an event written meanwhile is shown, then ends by a signal. */
async function tailAndFollow(other: LoggedConversation): Promise<string> {
  const words = [checkoutLauncher, 'events', 'tail', '--follow'];
  const child = spawn(process.execPath, words, { env: cleanEnvironment(settings) });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  while (!out.includes('Text 3')) await once(child.stdout, 'data');
  await addEvent(database, other, 'while it follows');
  while (!out.includes('while it follows')) await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 143);
  return out;
}

test('events tail: says when newer events are not settled yet', async () => {
  const [channel] = await database.sql<{ id: number }>(
    `insert into channels (workspace_id, name) values (1, 'unsettled') returning id`,
  );
  const tail = async (...words: string[]) =>
    (await done('events', 'tail', '--channel', 'unsettled', ...words)).out;
  assert.equal(await tail(), 'No events.\n');
  const holder = await connectAsEngine(database);
  await holder.query('begin');
  await addEvent(holder, await addConversation(database));
  const own = await addConversation(database, { workspaceId: 1, channelId: channel!.id });
  await addEvent(database, own, 'soon');
  assert.match(
    await tail(),
    /^The channel has newer events\. They are shown once the transactions/,
  );
  assert.equal(await tail('--json'), '');
  await holder.query('commit');
  await holder.end();
  await untilSettled(database);
  const shown = await tail();
  assert.match(shown, /soon\n$/);
  assert.doesNotMatch(shown, /newer events/);
});

test('events attempts: lists each attempt with its response, or says there is none', async () => {
  await database.sql(
    `insert into delivery_attempts
       (workspace_id, conversation_id, sequence, attempted_at, channel_id, status, outcome, latency_ms, detail)
     values (1, $1, 1, now() - interval '1 minute', 1, null, 'retry', 15000, 'no response within 15000 ms'),
       (1, $1, 1, now(), 1, 200, 'delivered', 12, e'fine\\nthanks')`,
    [conversation.conversationId],
  );
  const [text, json, untried, unknown] = await Promise.all([
    done('events', 'attempts', ids[0]!),
    done('events', 'attempts', `notif_${ids[0]}`, '--json'),
    done('events', 'attempts', ids[1]!),
    parley('events', 'attempts', ids[0]!.replace(/.$/, '9')),
  ]);
  assert.match(
    text.out,
    /retry +- +15000 +no response within 15000 ms\n.*delivered +200 +12 +fine thanks/,
  );
  assert.equal(json.json()[1].detail, 'fine\nthanks');
  assert.match(untried.out, /^No attempts/);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /workspace "default" has no event/);
});

/** Reads the sequences to resend of the first conversation, and whether its lane is due. */
async function resends(): Promise<{ sequences: number[]; isDue: boolean }> {
  const rows = await database.sql<{ sequence: number }>(
    'select sequence from delivery_resends where conversation_id = $1 order by 1',
    [conversation.conversationId],
  );
  const [lane] = await database.sql<{ due: boolean }>(
    'select coalesce(due_at <= now(), false) as due from delivery_lanes where conversation_id = $1',
    [conversation.conversationId],
  );
  return { sequences: rows.map(({ sequence }) => sequence), isDue: lane!.due };
}

/** Sets the lane to the state after all but the last event were delivered or dead-lettered. */
async function restLane(): Promise<void> {
  await database.sql('delete from delivery_resends');
  await database.sql('delete from delivery_lanes');
  await database.sql(
    `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
     values (1, $1, 1, 4, 4, now() + interval '10 hours')`,
    [conversation.conversationId],
  );
}

test('events resend: wakes the lane of a dead letter if there is a callback', async () => {
  await restLane();
  const nothing = await done('events', 'resend', ids[0]!);
  assert.match(
    nothing.out,
    /^0 events will be sent again.\n1 event: not sent, the channel has no callback.\n/,
  );
  await setCallback('http://127.0.0.1:9/events');
  const dry = await done('events', 'resend', ids[0]!, ids[3]!, '--dry-run');
  assert.match(dry.out, /^1 event would be sent again.\n1 event: sent anyway/);
  assert.deepEqual(await resends(), { sequences: [], isDue: false });
  const some = await done('events', 'resend', ids[0]!, ids[1]!, ids[0]!, ids[3]!, '--json');
  const expected = { requested: 2, upcoming: 1, without_callback: 0, dry_run: false };
  assert.deepEqual(some.json(), expected);
  assert.deepEqual(await resends(), { sequences: [1, 2], isDue: true });
});

test('events resend since a time: resends all of the channel from then on', async () => {
  await restLane();
  await database.sql(
    `update outbound_events set created_at = created_at - interval '1 hour' where conversation_id = $1 and sequence < 3`,
    [conversation.conversationId],
  );
  const since = new Date(Date.now() - 1_800_000).toISOString();
  const long = new Date(Date.now() - 7_200_000).toISOString();
  const [half, all] = await Promise.all([
    done('events', 'resend', '--since', since, '--dry-run', '--json'),
    done('events', 'resend', '--since', long, '--dry-run', '--json'),
  ]);
  assert.equal(all.json().requested - half.json().requested, 2);
  await done('events', 'resend', '--since', since);
  assert.deepEqual(await resends(), { sequences: [3], isDue: true });
  await database.sql(
    `update outbound_events set created_at = created_at + interval '1 hour' where conversation_id = $1 and sequence < 3`,
    [conversation.conversationId],
  );
});

test('dead-letters: lists each with its reason, resends, and keeps it until delivered', async () => {
  await restLane();
  assert.match((await done('dead-letters', 'list')).out, /^No dead letters/);
  await database.sql(
    `insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason)
     values (1, $1, 1, 1, 'status 422'), (1, $1, 2, 1, 'given up after 14 tries')`,
    [conversation.conversationId],
  );
  const wrong = await parley('dead-letters', 'resend', ids[2]!);
  assert.match(wrong.err, /is not a dead letter/);
  await done('dead-letters', 'resend', ids[1]!);
  assert.deepEqual(await resends(), { sequences: [2], isDue: true });
  const list = (await done('dead-letters', 'list', '--json')).json();
  assert.deepEqual(
    list.map(({ event_id: id, reason, resend_requested: isRequested }: Record<string, unknown>) => [
      id,
      reason,
      isRequested,
    ]),
    [
      [ids[0], 'status 422', false],
      [ids[1], 'given up after 14 tries', true],
    ],
  );
  const all = await done('dead-letters', 'resend', '--all', '--channel', 'default');
  assert.match(all.out, /^2 events will be sent again/);
  assert.deepEqual((await resends()).sequences, [1, 2]);
});

test('channel ping: delivers a signed ping; failures say what to do', async () => {
  const app = await startApp([200, 500]);
  await setCallback(app.url);
  const fine = await done('channel', 'ping', 'default');
  assert.match(fine.out, /: status 200 after \d+ ms\n {2}thank you\n$/);
  const [{ headers, body }] = app.received as [Received];
  const ping = new Webhook(SECRET).verify(body, headers as Record<string, string>) as object;
  assert.deepEqual(
    { ...ping, event_id: '', created_at_ms: '' },
    {
      event_id: '',
      event_name: 'ping',
      workspace_id: '1',
      channel: 'default',
      sequence: null,
      created_at_ms: '',
    },
  );
  assert.equal(headers['parley-event'], 'ping');
  const failing = await parley('channel', 'ping', 'default', '--json');
  assert.equal(failing.code, 1);
  assert.equal(failing.json().status, 500);
  assert.match(failing.json().advice, /look at its log/);
  await setCallback('http://127.0.0.1:1/');
  const rejected = await parley('channel', 'ping', 'default');
  assert.equal(rejected.code, 1);
  assert.match(rejected.out, /no response.*\n.*ECONNREFUSED.*\nNothing responded/);
});

test('listen: forwards events in order, signed, repeated on failure, after a restart', async () => {
  const server = await startTestParley({ PARLEY_SECRET_KEY: SECRET_KEY }, database);
  const app = await startApp([200, 500, 503, 200, 422]);
  const words = ['listen', '--forward-to', app.url, '--secret', SECRET, '--after', ids[0]!];
  const child = spawn(
    process.execPath,
    [checkoutLauncher, ...words, '--conversation', `${conversation.conversationId}`],
    // No --url: the settings name the server.
    {
      env: cleanEnvironment({ PARLEY_TOKEN: server.token, PARLEY_PORT: new URL(server.url).port }),
    },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const arrived = async (count: number) => {
    while (app.received.length < count) await once(child.stdout, 'data');
  };
  await arrived(5);
  const late = await addEvent(database, conversation, 'late');
  await arrived(6);
  const bodies = app.received.map(({ body, headers }) =>
    new Webhook(SECRET).verify(body, headers as Record<string, string>),
  ) as { event_id: string }[];
  assert.deepEqual(
    bodies.map(({ event_id: id }) => id),
    [ids[1], ids[2], ids[2], ids[2], ids[3], late],
  );
  const denied = await parley(
    'listen',
    '--forward-to',
    app.url,
    '--url',
    server.url,
    '--token',
    'x',
  );
  assert.equal(denied.code, 1);
  assert.match(denied.err, /the server responded with 401: Access Token Invalid/);
  await server.stop();
  const meanwhile = await addEvent(database, conversation, 'while no server runs');
  const { port } = new URL(server.url);
  await startTestParley({ PARLEY_SECRET_KEY: SECRET_KEY, PARLEY_PORT: port }, database);
  await arrived(7);
  assert.equal(app.received.at(-1)!.headers['webhook-id'], meanwhile);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  assert.match(out, new RegExp(`Signed with ${SECRET.replaceAll('+', '[+]')}`));
});

test('signature check: accepts a valid signature and explains an invalid one', async () => {
  const webhook = new Webhook(SECRET);
  const now = new Date();
  const body = '{"event_id":"e1","text":"hello"}';
  const headers = {
    'webhook-id': 'e1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': webhook.sign('e1', now, body),
  };
  const folder = temporaryFolder('signature');
  const check = (text: string) => {
    const file = join(folder, `body-${text.length}.json`);
    writeFileSync(file, text);
    const given = Object.entries(headers).flatMap(([name, value]) => [
      '--header',
      `${name}: ${value}`,
    ]);
    return parley(
      'signature',
      'check',
      '--secret',
      SECRET,
      ...given,
      '--body-file',
      file,
      '--json',
    );
  };
  const [fits, changed] = await Promise.all([
    check(body),
    check(JSON.stringify(JSON.parse(body), null, 2)),
  ]);
  assert.equal(fits.code, 0);
  assert.equal(fits.json().valid, true);
  assert.equal(changed.code, 1);
  assert.match(changed.json().findings.join(), /parsed and written again/);
});

test('commands for events: exit with 2 and say what is wrong in an invalid call', async () => {
  const wrong: [RegExp, ...string[]][] = [
    [/"x" is not an event id/, 'events', 'attempts', 'x'],
    [/<event_id> is missing/, 'events', 'attempts'],
    [/name events, or a time/, 'events', 'resend'],
    [/name events, or a time/, 'events', 'resend', ids[0]!, '--since', '2026-01-01'],
    [/--since must be a time/, 'events', 'resend', '--since', 'yesterday'],
    [/--channel requires --since/, 'events', 'resend', ids[0]!, '--channel', 'default'],
    [/name events, or --all/, 'dead-letters', 'resend'],
    [/--conversation must be/, 'events', 'tail', '--conversation', 'one'],
    [/--forward-to is missing/, 'listen'],
    [/must be a URL/, 'listen', '--forward-to', 'localhost:4000'],
    ...['a_token\nof_two_lines', 'a token', 'tökén'].map((token): [RegExp, ...string[]] => [
      /^the token .* contains a space, a line break or another invalid character(?!.*(a_token|tökén))/s,
      ...['listen', '--forward-to', 'http://localhost:4000', '--token', token],
    ]),
    [
      /^--forward-to must not have a user name or a password in it$/,
      ...['listen', '--token', 'x', '--forward-to', 'http://me:hidden@localhost:4000'],
    ],
    [
      /^--url must not have a user name or a password in it$/,
      ...[
        'listen',
        '--forward-to',
        'http://localhost:4000',
        '--url',
        'https://me:hidden@parley.example',
      ],
    ],
    [
      /^--secret must not be empty$/,
      ...['listen', '--token', 'x', '--forward-to', 'http://localhost:4000', '--secret', ''],
    ],
    [/--secret, --header and --body-file/, 'signature', 'check', '--secret', 'x'],
    [
      /a name, a colon and a value/,
      'signature',
      'check',
      '--secret',
      'x',
      '--header',
      'y',
      '--body-file',
      'z',
    ],
  ];
  for (const [message, ...words] of wrong) {
    await assert.rejects(runCommand(commands, words), (error: Error) => {
      assert.ok(error instanceof CommandFailed, String(error));
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      return true;
    });
  }
});
