// Output of commands at a terminal of 80 columns: no line is wider; without a terminal, nothing is cut. The terminal is
// a real one, made by `script` where it is installed.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import stringWidth from 'string-width';
import { openTestDatabase } from '../support/postgres.ts';
import { SECRET_KEY } from '../support/server.ts';
import { checkoutLauncher, cleanEnvironment, runParley } from './run-parley.ts';

const database = await openTestDatabase();
const settings = { PARLEY_DATABASE_URL: database.url, PARLEY_SECRET_KEY: SECRET_KEY };
const hasTerminals = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
);

/** Runs a command at a terminal. @returns the lines that it shows. */
async function shownAt(columns: number, words: string): Promise<readonly string[]> {
  const line = `stty cols ${columns}; exec "${process.execPath}" "${checkoutLauncher}" ${words}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: cleanEnvironment({ ...settings, TERM: 'xterm', NO_COLOR: '1' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  await once(child, 'close');
  return out.trimEnd().split(/\r?\n/);
}

const long = '数据 with a name that is longer than most names of anything in a list are';

test('terminal: cuts long names in lists to its width; piped output keeps them whole', async (t: TestContext) => {
  for (const words of [
    ['workspace', 'create', long],
    ['channel', 'create', long, '--workspace', long, '--strict-version', 'on', '--buttons', 'off'],
    ['token', 'create', '--workspace', long, '--channel', long, '--name', long],
  ]) {
    assert.equal((await runParley(words, { settings })).code, 0, words.join(' '));
  }
  for (const list of ['workspace list', 'channel list', 'token list']) {
    const piped = await runParley(list.split(' '), { settings });
    assert.ok(piped.out.includes(long), `${list}: ${piped.out}`);
    const json = await runParley([...list.split(' '), '--json'], { settings });
    assert.ok(JSON.stringify(json.json()).includes(long));
    if (!hasTerminals) continue;
    for (const columns of [80, 60]) {
      const lines = await shownAt(columns, list);
      const widest = lines.toSorted((a, b) => stringWidth(b) - stringWidth(a))[0]!;
      assert.ok(stringWidth(widest) <= columns, `${list} at ${columns}: ${widest}`);
      assert.ok(lines.join().includes('…'), list);
    }
  }
  if (!hasTerminals) t.diagnostic('no `script` of util-linux: only what is piped was looked at');
});

test('terminal: settings, checks and help fit its width', async (t: TestContext) => {
  if (!hasTerminals) return t.diagnostic('no `script` of util-linux on this machine');
  for (const words of ['config', '--help', 'token', 'channel update --help', 'workflows list']) {
    for (const line of await shownAt(80, words)) {
      // The address of the database is one word, which cannot be wrapped.
      if (line.includes('postgresql://')) continue;
      assert.ok(stringWidth(line) <= 80, `${words}: ${line}`);
    }
  }
});
