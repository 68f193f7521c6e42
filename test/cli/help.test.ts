// Help, version and settings: what the command line prints without a database.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCommands } from '../../src/cli/commands.ts';
import { commandHelp, overview } from '../../src/cli/kit/help.ts';
import { runParley, temporaryFolder } from './run-parley.ts';

const commands = await loadCommands();

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

test('help: shows what each command does, its options and an example', () => {
  for (const command of commands) {
    const help = commandHelp(command);
    assert.match(help, new RegExp(`^Usage: parley ${command.name} `));
    assert.match(help, /--json .*\n.*--help /);
    assert.ok(overview(commands).includes(`parley ${command.name} `));
    assert.ok(command.examples.length > 0, command.name);
    for (const example of command.examples) {
      assert.ok(example.includes(`parley ${command.name}`), example);
      for (const [, option] of example.matchAll(/ --([\w-]+)/g)) {
        assert.ok(help.includes(`--${option}`), `${example}: there is no --${option}`);
      }
    }
    // Examples are copied, so they are not wrapped.
    const [text = ''] = help.split('\nExamples:');
    for (const line of text.split('\n')) assert.ok([...line].length <= 80, line);
  }
});

test('command line: exits with 0 when asked for help or the version', async () => {
  const [none, help, family, version, json] = await Promise.all([
    runParley([]),
    runParley(['token', 'create', '--help']),
    runParley(['token']),
    runParley(['--version']),
    runParley(['--version', '--json']),
  ]);
  assert.match(none.out, /Run a server:\n {2}parley serve/);
  // Every command is there for something.
  assert.doesNotMatch(none.out, /\nMore:/);
  for (const line of none.out.split('\n')) assert.ok([...line].length <= 80, line);
  assert.match(help.out, /^Usage: parley token create \[options\]/);
  assert.match(family.out, /parley token create.*\n.*parley token list.*\n.*parley token revoke/);
  assert.equal(version.out, `${manifest.version}\n`);
  assert.deepEqual(json.json(), { version: manifest.version });
  for (const { code, err } of [none, help, family, version, json]) {
    assert.equal(code, 0);
    assert.equal(err, '');
  }
});

test('help: --help beside other arguments runs no command', async () => {
  const folder = temporaryFolder('help');
  const settings = { PARLEY_DATA_DIR: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') };
  const names = [...commands.map(({ name }) => name), 'install-node'];
  for (const name of names) {
    const words = [...name.split(' '), '--nonsense', 'x', '--help'];
    const [ran, wrong] = await Promise.all([
      runParley(words, { settings, cwd: folder }),
      runParley(words.slice(0, -2), { settings, cwd: folder }),
    ]);
    assert.equal(ran.code, 0, `${name}: ${ran.err}`);
    assert.match(ran.out, new RegExp(`^Usage: parley ${name} `));
    assert.equal(wrong.code, 2, `${name}: ${wrong.out}${wrong.err}`);
    assert.match(wrong.err, /nonsense/);
    assert.deepEqual(readdirSync(folder), [], name);
  }
});

test('command line: an unknown command exits with 2 and says where to look', async () => {
  const [unknown, misspelt] = await Promise.all([
    runParley(['tokens', 'list']),
    runParley(['token', 'crate']),
  ]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /unknown command "tokens list"\nSee: parley --help/);
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.err, /the commands are parley token create, parley token list/);
});

test('config: prints values with their sources and masks secrets', async () => {
  const settings = {
    PARLEY_PORT: '8080',
    PARLEY_HOST: '',
    PARLEY_BOOTSTRAP_TOKEN: 'a_secret_of_16_characters',
    PARLEY_DATABASE_URL: 'postgresql://me:hidden@db.example:5432/parley?sslkey=hidden',
    PARLEY_PROT: '1',
  };
  const [text, json] = await Promise.all([
    runParley(['config'], { settings }),
    runParley(['config', '--json'], { settings }),
  ]);
  assert.equal(text.code, 0);
  assert.match(text.out, /^SETTING +VALUE +FROM +ABOUT\n/);
  assert.match(text.out, /\nPARLEY_PORT +8080 +environment +Port to listen on/);
  assert.match(text.out, /\nPARLEY_HOST +127\.0\.0\.1 +default /);
  assert.match(text.out, /Ignored, not a setting: PARLEY_PROT/);
  assert.match(text.out, /me:\*+@db\.example:5432\/parley/);
  for (const { out } of [text, json]) assert.doesNotMatch(out, /hidden|a_secret/);
  assert.equal(json.json().ok, true);
  assert.deepEqual(json.json().unknown, ['PARLEY_PROT']);
  assert.equal(
    json.json().settings.length,
    text.out.split('\n').filter((l) => /^[A-Z_]+ .* (default|environment) /.test(l)).length,
  );
});

test('config: exits with 2 and lists every invalid setting beside the other values', async () => {
  const settings = {
    PARLEY_PORT: 'eighty',
    PARLEY_BOOTSTRAP_TOKEN: 'short secret',
    PARLEY_DATABASE_URL: 'mysql://me:hidden@db/parley',
    PARLEY_LOG_LEVEL: 'warn',
  };
  const [text, json, list] = await Promise.all([
    runParley(['config'], { settings }),
    runParley(['config', '--json'], { settings }),
    runParley(['token', 'list'], { settings }),
  ]);
  assert.equal(text.code, 2);
  assert.match(text.out, /Invalid: PARLEY_PORT must be a whole number from 0 to 65535/);
  assert.match(text.out, /Invalid: PARLEY_BOOTSTRAP_TOKEN must have 16 to 200/);
  assert.match(text.out, /Invalid: PARLEY_DATABASE_URL must be a URL such as/);
  assert.match(text.out, /\nPARLEY_LOG_LEVEL +warn +environment/);
  assert.equal(json.code, 2);
  assert.equal(json.json().ok, false);
  assert.equal(list.code, 2);
  assert.match(list.err, /^parley: the settings are invalid:\n {2}PARLEY_PORT must be/);
  for (const { out, err } of [text, json, list])
    assert.doesNotMatch(out + err, /hidden|short secret/);
});
