// Commands on a server elsewhere: each prints what it prints on the database itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../src/base/random.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startTestParley } from '../support/server.ts';
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

/** Runs a command in both modes. @returns what it printed in each. */
async function inBothModes(words: readonly string[]) {
  const local = await runParley(words, { settings: { PARLEY_DATABASE_URL: database.url } });
  const remote = await runParley(words, { settings: elsewhere });
  return { local, remote };
}

/** Commands that change nothing. */
const reads: readonly (readonly string[])[] = [
  ['workspace', 'list'],
  ['audit'],
  ['audit', '--object', 'channel', '--since', '2026-01-01', '--limit', '151'],
];

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
