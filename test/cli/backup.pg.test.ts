// `parley backup` and `parley restore`: a restored database equals the original, a server continues with it, and an
// incomplete backup is rejected before anything is written.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openPool } from '../../src/database/pool.ts';
import {
  applyMigrations,
  readMigrations,
  withMigrationLock,
} from '../../src/store/schema/migrate.ts';
import { applyForTest } from '../support/apply.ts';
import { startReceiver } from '../support/callback-receiver.ts';
import { openTestDatabase, type TestDatabase } from '../support/postgres.ts';
import {
  addWorkspace,
  eventBody,
  person,
  request,
  SECRET_KEY,
  startTestParley,
} from '../support/server.ts';
import { until } from '../support/until.ts';
import {
  checkoutLauncher,
  cleanEnvironment,
  type Ran,
  runParley,
  temporaryFolder,
} from './run-parley.ts';
import { startServe, timed } from './serve-process.ts';

const folder = temporaryFolder('backup');
const greeting = `
name: Greeting
trigger: { on: new_message }
steps:
  - { id: hello, do: send_message, body: "You said something." }
`;

const settingsOf = ({ url }: TestDatabase, key = SECRET_KEY) => ({
  PARLEY_DATABASE_URL: url,
  PARLEY_SECRET_KEY: key,
});

/** Reads every row of every table as text, by table, so that a difference names its table. */
async function contentOf(database: TestDatabase): Promise<Record<string, string>> {
  const tables = await database.sql<{ name: string }>(
    `select table_name as name from information_schema.tables
      where table_schema = 'parley' and table_name not in ('schema_migrations', 'log_offset') order by 1`,
  );
  const content: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await database.sql<{ content: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text collate "C")), '')
        as content from parley."${name}" t`,
    );
    content[name] = row!.content;
  }
  return content;
}

const sequencesOf = (database: TestDatabase) =>
  database.sql(
    `select sequencename, last_value from pg_sequences where schemaname = 'parley' order by 1`,
  );

/** Checks that nothing was written: the schema has no table. */
async function assertUntouched(database: TestDatabase): Promise<void> {
  const tables = await database.sql(
    `select table_name from information_schema.tables where table_schema = 'parley'`,
  );
  assert.deepEqual(tables, []);
}

function succeeded(ran: Ran): Ran {
  assert.equal(ran.code, 0, ran.out + ran.err);
  return ran;
}

let sources = 0;

/** Starts a Parley that replies to each message, with two workspaces and a callback that can stop accepting events. */
async function startSource() {
  let isTaking = true;
  const receiver = await startReceiver((_request, response) => {
    response.writeHead(isTaking ? 200 : 503).end();
  });
  const database = await openTestDatabase();
  await applyForTest(
    database,
    {
      workspace: 'default',
      channels: [
        {
          name: 'default',
          callback: {
            url: receiver.url,
            allow_cidrs: ['127.0.0.1/32'],
            retries: ['1h'],
          },
        },
      ],
      workflows: ['greeting.yaml'],
    },
    { 'greeting.yaml': greeting },
  );
  await database.sql('update channels set auto_create_conversation = true');
  const other = await addWorkspace(database, 'other');
  const parley = await startTestParley({}, database);
  sources += 1;
  return {
    ...{ database, parley, receiver, other, file: join(folder, `source-${sources}.backup`) },
    take(yes: boolean) {
      isTaking = yes;
    },
  };
}

test('backup: restores equal content elsewhere, and the server continues with it', async () => {
  const source = await startSource();
  const { database, parley, receiver, file } = source;
  const odd = 'tab\there, back\\slash, "quotes", \\N, ünïcödé 😀';
  const event = {
    event_id: 'evt_first',
    external_conversation_id: 'taken',
    contact: person('dana'),
    body: odd,
  };
  const first = await parley.notify('new_message', event);
  assert.equal(first.status, 200, JSON.stringify(first.body));
  await parley.notify('new_conversation', { external_conversation_id: 'line\u2028separator' });
  await receiver.until('the first is delivered', () => receiver.of('taken').length === 1);
  source.take(false);
  await parley.notify('new_message', { external_conversation_id: 'waiting' });
  await receiver.until('it is tried', () => receiver.of('waiting').length >= 1);
  await until('the attempt is settled', async () => {
    const rows = await database.sql('select from delivery_attempts where outcome = $1', ['retry']);
    return rows.length >= 1;
  });

  // The server records a token's last use seconds later, and not again for a while: so not after the backup.
  await until('the last use is written down', async () => {
    const rows = await database.sql('select from access_tokens where last_used_at is not null');
    return rows.length >= 1;
  });

  const ran = succeeded(await runParley(['backup', file], { settings: settingsOf(database) }));
  assert.match(ran.out, /conversations +3/);
  assert.match(ran.out, /\(\d+ kB\) and read back/);
  assert.match(ran.out, /The key is NOT in the file: keep a copy of PARLEY_SECRET_KEY elsewhere/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await parley.stop();
  const before = await contentOf(database);
  const triedBefore = receiver.of('waiting').length;

  const target = await openTestDatabase({ isEmpty: true });
  const restored = succeeded(await runParley(['restore', file], { settings: settingsOf(target) }));
  assert.match(restored.out, /Restored and counted/);
  assert.match(restored.out, /The key of its secrets is in place/);
  // Between the backup and its stop, the source makes one more failed attempt at most.
  const after = await contentOf(target);
  const settling = ['delivery_attempts', 'delivery_lanes'];
  for (const name of settling) delete before[name];
  for (const name of settling) delete after[name];
  assert.deepEqual(after, before);
  assert.ok(Object.keys(after).length > 20);
  assert.deepEqual(await sequencesOf(target), await sequencesOf(database));

  source.take(true);
  await target.sql('update delivery_lanes set due_at = now() where due_at is not null');
  const again = await startTestParley({}, target);
  await receiver.until(
    'what waited is delivered',
    () => receiver.of('waiting').length === triedBefore + 1,
  );
  const repeated = await again.notify('new_message', event);
  assert.equal(repeated.status, 200);
  assert.deepEqual(repeated.body, first.body, 'a repeated event gets its first answer');
  const next = await again.notify('new_message', { external_conversation_id: 'new' });
  assert.equal(next.status, 200);
  await receiver.until('the new one is delivered', () => receiver.of('new').length === 1);
  assert.equal(receiver.of('taken').length, 1, 'what was delivered is not sent again');
  const positions = await target.sql<{ id: string; position: number }>(
    `select (body::json ->> 'external_conversation_id') as id, position from outbound_events order by position`,
  );
  assert.equal(positions.at(-1)!.id, 'new', 'what is new comes after what was there');
});

test('backup: is one snapshot when made under load', async () => {
  const { database, parley, file } = await startSource();
  let isOver = false;
  let sent = 0;
  const sendMessages = async (number: number) => {
    while (!isOver) {
      const { status } = await parley.notify('new_message', {
        external_conversation_id: `talk_${number}`,
        contact: person(`person_${number}`),
      });
      assert.equal(status, 200);
      sent += 1;
    }
  };
  const senders = Array.from({ length: 8 }, (_, number) => sendMessages(number));
  await until('there is something', () => sent > 100);
  const sentBefore = sent;
  const ran = succeeded(
    await runParley(['backup', file, '--json'], { settings: settingsOf(database) }),
  );
  const sentUntilThen = sent;
  isOver = true;
  await Promise.all(senders);
  assert.ok(sentUntilThen > sentBefore, 'events came in beside it');

  const target = await openTestDatabase({ isEmpty: true });
  succeeded(await runParley(['restore', file], { settings: settingsOf(target) }));
  const torn = await target.sql(
    `select id, part_count, event_count from conversations c where
      part_count <> (select count(*) from conversation_parts p where p.conversation_id = c.id)
      or event_count <> (select count(*) from outbound_events e where e.conversation_id = c.id)
      or signal_count <> (select count(*) from conversation_signals s where s.conversation_id = c.id)`,
  );
  assert.deepEqual(torn, []);
  const counts = await target.sql<{ count: number }>('select count(*) from channel_events');
  const { rows } = ran.json() as { rows: Record<string, number> };
  assert.equal(counts[0]!.count, rows['channel_events']);
  assert.ok(counts[0]!.count > 100 && counts[0]!.count < sent);
});

test('backup: saves the embedded PostgreSQL, with its key if asked for', async () => {
  const dataDir = join(temporaryFolder('backup-from'), 'data');
  const from = { PARLEY_DATA_DIR: dataDir };
  const server = await startServe({ settings: from });
  const headers = { authorization: `Bearer ${server.token}` };
  const path = '/custom_channel_events/notify_new_conversation';
  const event = eventBody('new_conversation');
  const first = await request(`${server.url}${path}`, 'POST', event, headers);
  assert.equal(first.status, 200);
  succeeded(await runParley(['channel', 'rotate-secret', 'default'], { settings: from }));
  const bare = join(folder, 'embedded.backup');
  const withKey = join(folder, 'embedded-with-key.backup');
  succeeded(await runParley(['backup', bare], { settings: from }));
  const told = succeeded(await runParley(['backup', withKey, '--include-key'], { settings: from }));
  assert.match(told.out, /The key is in the file/);
  const key = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
  assert.ok(!gunzipSync(readFileSync(bare)).includes(key), 'no key unless asked for');
  server.child.kill('SIGTERM');
  await timed(server.exited);

  const dataDirTo = join(temporaryFolder('backup-to'), 'data');
  const to = { PARLEY_DATA_DIR: dataDirTo };
  succeeded(await runParley(['restore', withKey], { settings: to }));
  assert.equal(readFileSync(join(dataDirTo, 'secret.key'), 'utf8').trim(), key);
  const again = await startServe({ settings: to });
  assert.equal(again.token, null, 'it has its tokens');
  const repeated = await request(`${again.url}${path}`, 'POST', event, headers);
  assert.deepEqual([repeated.status, repeated.body], [200, first.body]);
});

/** Changes the text of a backup and packs it again in the right format. */
function forge(file: string, name: string, change: (text: string) => string): string {
  const changed = change(gunzipSync(readFileSync(file)).toString('utf8'));
  const lines = changed.trimEnd().split('\n');
  const before = `${lines.slice(0, -1).join('\n')}\n`;
  const sha256 = createHash('sha256').update(before).digest('hex');
  const trailer = { ...(JSON.parse(lines.at(-1)!) as object), sha256 };
  const target = join(folder, name);
  writeFileSync(target, gzipSync(`${before}${JSON.stringify(trailer)}\n`));
  return target;
}

const write = (name: string, bytes: Buffer): string => {
  const target = join(folder, name);
  writeFileSync(target, bytes);
  return target;
};

let whole: string;
before(async () => {
  const { database, parley, file } = await startSource();
  await parley.notify('new_message', { body: 'A word that is here' });
  succeeded(await runParley(['backup', file], { settings: settingsOf(database) }));
  whole = file;
});

test('restore: rejects an incomplete or foreign file before anything is written', async () => {
  const bytes = readFileSync(whole);
  const middle = Math.floor(bytes.length / 2);
  const flipped = Buffer.from(bytes);
  flipped[middle] = flipped[middle]! ^ 0x10;
  mkdirSync(join(folder, 'a-folder'));
  const cases: [string, RegExp][] = [
    [write('empty', Buffer.alloc(0)), /is cut off/],
    [write('text', Buffer.from('PGDMP and more of it')), /not a backup of Parley/],
    [write('other.gz', gzipSync('{"some":"json"}\n')), /is not a backup of Parley/],
    [write('half', bytes.subarray(0, middle)), /is cut off/],
    [write('last-byte', bytes.subarray(0, -1)), /is cut off/],
    [write('flipped', flipped), /is damaged/],
    [write('longer', Buffer.concat([bytes, gzipSync('more\n')])), /something follows its end/],
    [write('garbage', Buffer.concat([bytes, Buffer.from('more')])), /is damaged/],
    [write('twice', Buffer.concat([bytes, bytes])), /something follows its end/],
    [
      write('no-end', gzipSync(gunzipSync(bytes).toString().split('\n').slice(0, -2).join('\n'))),
      /is cut off/,
    ],
    [
      forge(whole, 'lacks-a-row', (text) => text.replace(/.*A word that is here.*\n/, '')),
      /rows are missing/,
    ],
    [
      forge(whole, 'changed', (text) => text.replaceAll('A word that is here', 'A lie')),
      /was changed after it was written/,
    ],
    [
      forge(whole, 'newer-format', (text) =>
        text.replace('"formatVersion":1', '"formatVersion":2'),
      ),
      /is in format 2, this Parley knows 1: .* a newer one/,
    ],
    [
      forge(whole, 'newer-schema', (text) =>
        text.replace('"schema":[', '"schema":[{"number":0,"checksum":"x"},'),
      ),
      /knows only \d+: it was written by Parley .* a newer one/,
    ],
    [
      forge(whole, 'other-migration', (text) => text.replace(/"checksum":"../, '"checksum":"zz')),
      /another migration 1/,
    ],
    [join(folder, 'a-folder'), /is not a regular file|is a folder/],
    [join(folder, 'nowhere'), /is not there/],
  ];
  const target = await openTestDatabase({ isEmpty: true });
  for (const [file, reason] of cases) {
    const ran = await runParley(['restore', file], { settings: settingsOf(target) });
    assert.equal(ran.code, 1, `${file}: ${ran.out}${ran.err}`);
    assert.match(ran.err, reason, file);
    assert.ok(!/\n {4}at /.test(ran.err), ran.err);
  }
  await assertUntouched(target);
});

test('restore: --check describes the file without a database', async () => {
  const nowhere = join(temporaryFolder('backup-check'), 'data');
  const ran = succeeded(
    await runParley(['restore', '--check', whole], { settings: { PARLEY_DATA_DIR: nowhere } }),
  );
  assert.match(ran.out, /The file is complete/);
  assert.ok(!existsSync(nowhere));
});

test('restore: rejects a database in use and leaves it unchanged', async () => {
  const { database } = await startSource();
  const content = await contentOf(database);
  const ran = await runParley(['restore', whole], { settings: settingsOf(database) });
  assert.equal(ran.code, 1);
  assert.match(ran.err, /the database is in use: its table \w+ holds rows/);
  assert.deepEqual(await contentOf(database), content);
});

test('restore: migrates a backup of an older schema to the present one', async () => {
  const older = await openTestDatabase({ isEmpty: true });
  await older.sql('create schema parley');
  const pool = openPool(older.target, 'admin', { max: 1, onError: () => {} });
  await withMigrationLock(pool, (connection) => applyMigrations(connection, 4));
  await pool.end();
  await older.sql(`insert into parley.workspaces (name) values ('from long ago')`);
  const file = join(folder, 'older.backup');
  succeeded(await runParley(['backup', file], { settings: settingsOf(older) }));

  const target = await openTestDatabase({ isEmpty: true });
  const settings = { PARLEY_DATABASE_URL: target.url };
  const ran = succeeded(await runParley(['restore', file], { settings }));
  assert.match(
    ran.out,
    /ATTENTION: its callback secrets open only with the key .*, which was not found/,
  );
  const applied = await target.sql('select from parley.schema_migrations');
  assert.equal(applied.length, readMigrations().length);
  const workspaces = await target.sql<{ name: string }>('select name from parley.workspaces');
  assert.deepEqual(workspaces, [{ name: 'from long ago' }]);
  const lacking = await runParley(['doctor'], { settings: settingsOf(target) });
  assert.doesNotMatch(lacking.out, /differs|unexpected/);
});

test('restore: when killed, keeps Parley off the database until it is restored', async () => {
  const { database } = await startSource();
  await database.sql(
    `insert into contacts (workspace_id, id, role, external_id, created_at, updated_at, created_by_signal)
      select 1, lpad(to_hex(n), 24, '0'), 'user', 'person_' || n, now(), now(), n from generate_series(1, 80000) n`,
  );
  const file = join(folder, 'large.backup');
  succeeded(await runParley(['backup', file], { settings: settingsOf(database) }));
  const target = await openTestDatabase({ isEmpty: true });
  const settings = settingsOf(target);
  const child = spawn(process.execPath, [checkoutLauncher, 'restore', file], {
    env: cleanEnvironment(settings),
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  await until('rows are under way', async () => {
    const running = await target.sql(
      `select from pg_stat_activity where datname = current_database() and query like 'copy%contacts%'`,
    );
    return running.length > 0;
  });
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  for (const words of [
    ['serve', '--json'],
    ['migrate'],
    ['token', 'list'],
    ['backup', `${file}.no`],
  ]) {
    const ran = await runParley(words, { settings: { ...settings, PARLEY_PORT: '0' } });
    assert.equal(ran.code, 1, `${words.join(' ')}: ${ran.out}`);
    assert.match(
      ran.err,
      /a restore of .*large\.backup into this database began at .* run `parley restore` again/,
    );
  }
  const doctor = await runParley(['doctor'], { settings });
  assert.notEqual(doctor.code, 0);
  assert.match(doctor.out, /restore/);
  succeeded(await runParley(['restore', file], { settings }));
  assert.deepEqual(await contentOf(target), await contentOf(database));
});

test('backup: does not replace an existing file', async () => {
  const { database } = await startSource();
  const file = write('mine', Buffer.from('mine'));
  const ran = await runParley(['backup', file], { settings: settingsOf(database) });
  assert.equal(ran.code, 1);
  assert.match(ran.err, /mine already exists/);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.ok(!existsSync(`${file}.partial`));
});

test('backup: writes nothing when the database was never used', async () => {
  const database = await openTestDatabase({ isEmpty: true });
  const ran = await runParley(['backup', join(folder, 'none')], { settings: settingsOf(database) });
  assert.equal(ran.code, 2);
  assert.match(ran.err, /never used/);
  assert.ok(!existsSync(join(folder, 'none')));
});

test('backup and restore: report a damaged secret.key in one sentence', async () => {
  const dataDir = join(temporaryFolder('damaged-key'), 'data');
  const settings = { PARLEY_DATA_DIR: dataDir };
  succeeded(await runParley(['migrate'], { settings }));
  writeFileSync(join(dataDir, 'secret.key'), 'abc\n');
  for (const words of [
    ['backup', join(folder, 'damaged')],
    ['restore', '--check', whole],
    ['restore', whole],
  ]) {
    const ran = await runParley(words, { settings });
    assert.equal(ran.code, 1, words.join(' '));
    assert.match(
      ran.err,
      /^parley: .*secret\.key cannot be used: it holds fewer than 32 characters\. .*\n$/,
    );
  }
  assert.ok(!existsSync(join(folder, 'damaged')));
});
