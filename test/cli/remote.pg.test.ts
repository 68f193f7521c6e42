// Commands on a server elsewhere: each prints what it prints on the database itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../src/base/random.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { SECRET_KEY, startTestParley } from '../support/server.ts';
import { runParley } from './run-parley.ts';

const TOKEN = 'parley_operator_token_0123456789';

const database = await openTestDatabase();
const server = await startTestParley({}, database);
await database.sql(
  `insert into access_tokens (workspace_id, admin_id, name, token_hash, token_hint, scopes)
   values (1, 1, 'operator', decode($1, 'hex'), '6789', '{read,write,manage}')`,
  [sha256Hex(TOKEN)],
);

const elsewhere = { PARLEY_URL: server.url, PARLEY_TOKEN: TOKEN };

const here = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };

/** Runs a command in both modes, after each other. @returns what it printed in each. */
async function inBothModes(words: readonly string[]) {
  const local = await runParley(words, { settings: here });
  const remote = await runParley(words, { settings: elsewhere });
  return { local, remote };
}

/** Commands that change nothing. */
const reads: readonly (readonly string[])[] = [
  ['workspace', 'list'],
  ['token', 'list'],
  ['channel', 'list'],
  ['erasures'],
  ['workflows', 'list'],
  ['audit'],
  ['audit', '--object', 'channel', '--since', '2026-01-01', '--limit', '151'],
];

/** Removes what differs between two runs of a command: new ids, times, tokens and secrets. */
const withoutNews = (text: string) =>
  text
    .replaceAll(/parley_[\w-]{43}|whsec_[\w+/=-]+/g, '(secret)')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '(time)')
    .replaceAll(/("id":|Id +|revoke |token )\d+/g, '$1(id)')
    .replaceAll(/(…|"hint":")[\w-]{4}/g, '$1(hint)');

/** Commands that change something, in this order. NEW is a new name each time, TOKEN a token to revoke. */
const changes: readonly (readonly string[])[] = [
  ['token', 'create', '--name', 'night shift', '--scope', 'read'],
  ['token', 'create', '--admin', 'admin@default.invalid', '--scope', 'manage', '--scope', 'read'],
  ['token', 'revoke', 'TOKEN'],
  ['channel', 'create', 'NEW', '--buttons', 'off', '--time-zone', 'Europe/Berlin'],
  ['channel', 'update', 'default', '--strict-version', 'on'],
  ['channel', 'rotate-secret', 'default', '--overlap', '1h'],
];

/** Commands that fail: the remote one with the server before the same message. */
const failures: readonly (readonly string[])[] = [
  ['token', 'create', '--channel', 'none'],
  ['token', 'create', '--admin', 'none@acme.example'],
  ['token', 'revoke', '999999'],
  ['channel', 'create', 'default'],
  ['channel', 'ping', 'default'],
  ['export', 'contact', 'unknown@example.com'],
];

const names = Array.from({ length: 20 }, (_, index) => `n${String(index).padStart(2, '0')}`);

async function newToken(): Promise<string> {
  const [row] = await database.sql<{ id: number }>(
    `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     values (1, 1, 1, 'old', sha256(random()::text::bytea), 'abcd') returning id`,
  );
  return String(row!.id);
}

for (const words of changes) {
  test(`${words.join(' ')}: does and prints the same in both modes`, async () => {
    if (words[1] === 'rotate-secret') await runParley(words, { settings: here });
    for (const form of [[], ['--json']]) {
      const ran = [];
      for (const settings of [here, elsewhere]) {
        const token = words.includes('TOKEN') ? await newToken() : '';
        const name = names.pop()!;
        const values: Record<string, string> = { NEW: name, TOKEN: token };
        const given = [...words, ...form].map((word) => values[word] ?? word);
        const { out, err, code } = await runParley(given, { settings });
        ran.push({ out: withoutNews(out).replaceAll(name, 'NEW'), err, code });
      }
      assert.equal(ran[0]!.code, 0, ran[0]!.err);
      assert.deepEqual(ran[1], ran[0]);
    }
  });
}

for (const words of failures) {
  test(`${words.join(' ')}: fails alike in both modes, naming the server`, async () => {
    const { local, remote } = await inBothModes(words);
    assert.deepEqual([local.out, remote.out], ['', '']);
    assert.equal(local.code, 1);
    assert.equal(remote.code, 1);
    assert.equal(remote.err.replace(`${server.url}: `, ''), local.err);
    assert.ok(remote.err.includes(server.url));
  });
}

for (const words of reads) {
  test(`${words.join(' ')}: prints the same over HTTP and on the database`, async () => {
    for (const form of [[], ['--json']]) {
      const { local, remote } = await inBothModes([...words, ...form]);
      assert.equal(local.code, 0, local.err);
      assert.deepEqual([remote.out, remote.err, remote.code], [local.out, '', 0]);
    }
  });
}

test('--workspace: must be the workspace of the token', async () => {
  const own = await runParley(['audit', '--workspace', 'default'], { settings: elsewhere });
  assert.equal(own.code, 0, own.err);
  const other = await runParley(['audit', '--workspace', 'acme'], { settings: elsewhere });
  assert.equal(other.code, 1);
  assert.equal(
    other.err,
    `parley: the token of PARLEY_TOKEN belongs to workspace "default" of ${server.url}, not to "acme": use a token ` +
      'of that workspace.\n',
  );
});

test('token without the scope: the error says how to make one that has it', async () => {
  const settings = { ...elsewhere, PARLEY_TOKEN: server.token };
  const { code, err } = await runParley(['audit'], { settings });
  assert.equal(code, 1);
  assert.equal(
    err,
    `parley: ${server.url}: The token lacks the scope "manage". Create a token for the command line on the machine ` +
      'of the server: parley token create --admin <address> --scope manage\n',
  );
});

test('command of the machine: says that it ignores PARLEY_URL', async () => {
  const ran = await runParley(['remove-old', '--events', '90d'], {
    settings: { ...here, PARLEY_URL: server.url },
  });
  assert.equal(ran.code, 0);
  assert.match(ran.err, /^parley: remove-old ignores PARLEY_URL: it works on the database of this/);
});

test('export contact: the document is the same over HTTP, and --output only without it', async () => {
  const { body } = await server.notify('new_conversation');
  const document = ({ out }: { readonly out: string }) => ({
    ...JSON.parse(out),
    exported_at: null,
  });
  const { local, remote } = await inBothModes(['export', 'contact', body.contact_id]);
  assert.equal(local.code, 0, local.err);
  assert.deepEqual(document(remote), document(local));
  assert.equal(document(local).contact.id, body.contact_id);
  const words = ['export', 'contact', body.contact_id, '--output', 'folder'];
  const rejected = await runParley(words, { settings: elsewhere });
  assert.equal(rejected.code, 2);
  assert.match(rejected.err, /--output copies files, so it works only on the machine/);
});
