// The example app, started as its README says, with a real Parley: typed input and terminal output.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { cleanEnvironment, runParley, temporaryFolder } from '../cli/run-parley.ts';
import { afterAll } from '../support/after-all.ts';
import { freePort } from '../support/listen.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startTestParley } from '../support/server.ts';

const example = fileURLToPath(new URL('../../examples/order-help/', import.meta.url));
const lineLimitMs = 30_000;

test('example: app has about a hundred lines', () => {
  const lines = readFileSync(join(example, 'app.ts'), 'utf8').trimEnd().split('\n');
  assert.ok(lines.length <= 105, `${lines.length} lines`);
});

/** Starts Parley with the example of the checkout applied; only the callback port differs. */
async function startExample() {
  const database = await openTestDatabase();
  const settings = {
    PARLEY_DATABASE_URL: database.url,
    PARLEY_SECRET_KEY: 'a_long_random_text_for_this_test_only',
  };
  const parley = await startTestParley(settings, database);
  const port = await freePort();
  const folder = join(temporaryFolder('example'), 'order-help');
  cpSync(example, folder, { recursive: true });
  const file = join(folder, 'parley.yaml');
  const text = readFileSync(file, 'utf8');
  assert.match(text, /127\.0\.0\.1:4000/);
  writeFileSync(file, text.replaceAll('127.0.0.1:4000', `127.0.0.1:${port}`));
  const applied = await runParley(['apply', '-f', file], { settings });
  assert.equal(applied.code, 0, applied.out + applied.err);
  const secret = /whsec_[\w+/=-]+/.exec(applied.out + applied.err)?.[0];
  assert.ok(secret !== undefined, `apply prints the secret:\n${applied.out}`);
  const [channel] = (parse(text) as { channels: { name: string }[] }).channels;
  const issued = await runParley(['token', 'create', '--channel', channel!.name, '--json'], {
    settings,
  });
  const { token } = issued.json() as { token: string };
  return {
    PARLEY_URL: parley.url,
    PARLEY_TOKEN: token,
    PARLEY_CALLBACK_SECRET: secret,
    PORT: String(port),
  };
}

/** Runs the app in a terminal: `see` waits until a text appears after the text seen before. */
function openTerminal(settings: Record<string, string>) {
  const child = spawn(process.execPath, [join(example, 'app.ts')], {
    env: cleanEnvironment(settings),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  afterAll(async () => void child.kill('SIGKILL'));
  let shown = '';
  let seen = 0;
  const changes = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      changes.dispatchEvent(new Event('change'));
    });
  }
  return {
    type: (line: string) => void child.stdin.write(`${line}\n`),
    async see(text: string) {
      const limit = AbortSignal.timeout(lineLimitMs);
      while (!shown.includes(text, seen)) {
        await once(changes, 'change', { signal: limit }).catch(() => {
          assert.fail(`"${text}" did not appear:\n${shown}`);
        });
      }
      seen = shown.indexOf(text, seen) + text.length;
    },
    shown: () => shown,
    ended: once(child, 'close').then(([code]) => code as number | null),
    async close() {
      child.stdin.end();
      const [code] = await once(child, 'exit');
      assert.equal(code, 0, shown);
    },
  };
}

let settings: Awaited<ReturnType<typeof startExample>>;
before(async () => {
  settings = await startExample();
});

test('example: asks for the order number until it is valid, then closes', async () => {
  const terminal = openTerminal(settings);
  await terminal.see('Hi Dana!');
  await terminal.see('What is it about?');
  await terminal.see('[1] An order');
  await terminal.see('[2] Talk to a person');
  terminal.type('1');
  await terminal.see('Your order number?');
  await terminal.see('?)');
  terminal.type('??');
  await terminal.see('That does not look like an order number.');
  await terminal.see('?)');
  terminal.type('EU-1234');
  await terminal.see('All set.');
  await terminal.see('(the conversation is closed)');
  await terminal.close();
  assert.doesNotMatch(terminal.shown(), /Error|not sent/);
});

test('example: assigns the conversation to the team when a person is asked for', async () => {
  const terminal = openTerminal(settings);
  await terminal.see('[2] Talk to a person');
  terminal.type('2');
  await terminal.see('(now with Support)');
  await terminal.close();
  assert.doesNotMatch(terminal.shown(), /Error|not sent/);
});

test('example: uses lines typed ahead as answers to the questions in order', async () => {
  const terminal = openTerminal(settings);
  for (const line of ['1', 'EU-1234']) terminal.type(line);
  await terminal.close();
  const shown = terminal.shown();
  assert.match(shown, /\[1\] An order.*Your order number\?.*All set\./s);
  assert.doesNotMatch(shown, /now with Support|Error|not sent/);
});

test('example: says in one sentence which setting is missing or wrong', async () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ PARLEY_TOKEN: '' }, /^Set PARLEY_TOKEN .*\n$/],
    [{ PARLEY_CALLBACK_SECRET: '' }, /^Set PARLEY_CALLBACK_SECRET .*\n$/],
    [{ PARLEY_CALLBACK_SECRET: 'hunter2' }, /^Set PARLEY_CALLBACK_SECRET .*\n$/],
    [
      { PARLEY_TOKEN: 'a_token_of_somebody_else' },
      /^No conversation at .*: Access Token Invalid\n$/,
    ],
    [{ PARLEY_URL: 'http://127.0.0.1:1' }, /^No conversation at http:\/\/127\.0\.0\.1:1 .*\n$/],
    [{ PORT: new URL(settings.PARLEY_URL).port }, /^Port \d+ cannot be used .*EADDRINUSE.*\n$/],
  ];
  for (const [wrong, said] of cases) {
    const terminal = openTerminal({ ...settings, ...wrong });
    assert.equal(await terminal.ended, 1, terminal.shown());
    assert.match(terminal.shown(), said);
  }
});
