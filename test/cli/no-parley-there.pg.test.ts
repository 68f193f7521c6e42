// Commands on a folder or database without a Parley, as after a mistyped path: they exit with 2 and create nothing.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCommands } from '../../src/cli/commands.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { runParley, temporaryFolder } from './run-parley.ts';

const commands = await loadCommands();

const folder = temporaryFolder('nothing');
const setup = join(folder, 'parley.yaml');
writeFileSync(
  setup,
  'workspace: acme\nchannels: [{ name: app, callback: { url: "https://x.example" } }]\n',
);

const event = '0199ce3e-1c5b-7000-8000-000000200001';

/** Arguments for each command that uses the database, except those that may create one. */
const words: Readonly<Record<string, readonly string[]>> = {
  'token create': [],
  'token list': [],
  'token revoke': ['1'],
  'admin list': [],
  'admin invite': ['anna@acme.example'],
  'admin reset': ['anna@acme.example'],
  'admin disable': ['anna@acme.example'],
  'admin enable': ['anna@acme.example'],
  'workspace create': ['acme'],
  'workspace list': [],
  'channel create': ['app'],
  'channel list': [],
  'channel update': ['default', '--strict-version', 'on'],
  'channel rotate-secret': ['default'],
  'channel ping': ['default'],
  apply: ['-f', setup],
  'workflows list': [],
  'workflows show': ['Greeting'],
  'workflows diff': ['Greeting'],
  'workflows rollback': ['Greeting', '--to', '1'],
  'workflows move': ['Greeting', '--to', '1'],
  replay: ['1'],
  'events tail': [],
  'events attempts': [event],
  'events resend': [event],
  'events send-now': [event],
  'dead-letters list': [],
  'dead-letters summary': [],
  'dead-letters discard': [event, '--yes'],
  'dead-letters resend': [event],
  audit: [],
  'remove-old': ['--events', '30d'],
  erasures: [],
  'export contact': ['6a11c0de000000000003e800'],
  backup: [join(folder, 'a.backup')],
};
const elsewhere = [
  ...['serve', 'migrate', 'restore', 'doctor', 'config', 'simulate', 'listen', 'signature check'],
  'install-node',
];

test('commands without a Parley: every command is tested here or listed as exempt', () => {
  const known = new Set([...Object.keys(words), ...elsewhere]);
  assert.deepEqual(
    commands.map(({ name }) => name).filter((name) => !known.has(name)),
    [],
  );
});

test('commands: exit with 2 and create nothing when the data folder is missing', async () => {
  const mistyped = join(folder, 'mistyped');
  for (const [name, rest] of Object.entries(words)) {
    const ran = await runParley([...name.split(' '), ...rest], {
      settings: { PARLEY_DATA_DIR: mistyped },
    });
    assert.equal(ran.code, 2, `${name}: ${ran.out}${ran.err}`);
    assert.match(
      ran.err,
      new RegExp(`there is no Parley in the data folder ${mistyped}: it does not exist`),
      name,
    );
    assert.match(ran.err, /Set PARLEY_DATA_DIR or PARLEY_DATABASE_URL as for the server/);
    assert.match(ran.err, /only `parley serve`, `parley migrate` and `parley restore` make/);
    assert.ok(!existsSync(mistyped), `${name} made ${mistyped}`);
  }
});

test('commands: exit with 2 and leave a folder alone that is no data folder', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['empty', /it holds no database/],
    ['other', /it holds no database/],
    ['file', /it is not a folder/],
    ['link', /it holds no database/],
    ['beside', /it holds no database/],
  ];
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'other', 'postgresql'), { recursive: true });
  writeFileSync(join(folder, 'other', 'postgresql', 'notes.txt'), 'mine');
  writeFileSync(join(folder, 'file'), 'mine');
  symlinkSync('empty', join(folder, 'link'));
  mkdirSync(join(folder, 'beside'));
  writeFileSync(join(folder, 'beside', 'secret.key'), 'x'.repeat(44));
  const before = readdirSync(folder, { recursive: true }).toSorted();
  for (const [name, why] of cases) {
    for (const line of [
      ['token', 'create'],
      ['channel', 'rotate-secret', 'default'],
      ['backup', join(folder, 'b')],
    ]) {
      const ran = await runParley(line, { settings: { PARLEY_DATA_DIR: join(folder, name) } });
      assert.equal(ran.code, 2, `${name}: ${ran.err}`);
      assert.match(ran.err, /^parley: there is no Parley in the data folder /);
      assert.match(ran.err, why);
    }
  }
  assert.deepEqual(readdirSync(folder, { recursive: true }).toSorted(), before);
});

test('commands: exit with 2 and create no schema in an empty external database', async () => {
  const database = await openTestDatabase({ isEmpty: true });
  const inside = () =>
    database.sql('select nspname, (select count(*) from pg_roles) as roles from pg_namespace');
  const before = await inside();
  const tried = [
    'token create',
    'token list',
    'channel rotate-secret',
    'apply',
    'events tail',
    'backup',
  ];
  for (const name of tried) {
    const rest = words[name]!;
    const ran = await runParley([...name.split(' '), ...rest], {
      settings: {
        PARLEY_DATABASE_URL: database.url,
        PARLEY_SECRET_KEY: 'parley_test_secret_key_0123456789abcdef',
      },
    });
    assert.equal(ran.code, 2, `${name}: ${ran.out}${ran.err}`);
    assert.match(ran.err, /there is no Parley in the database "test_\w+" of PARLEY_DATABASE_URL/);
    assert.doesNotMatch(ran.err, new RegExp(new URL(database.url).password));
  }
  assert.deepEqual(await inside(), before);
});

test('doctor and migrate --dry-run: say that nothing is there and create nothing', async () => {
  const mistyped = join(folder, 'mistyped');
  const database = await openTestDatabase({ isEmpty: true });
  const before = await database.sql('select nspname from pg_namespace');
  const settings = { PARLEY_DATABASE_URL: database.url };
  const doctor = await runParley(['doctor'], { settings });
  assert.equal(doctor.code, 0, doctor.out);
  assert.match(
    doctor.out,
    /ok +postgresql +\d+.*reachable\nwarn +migrations +there is no Parley in/,
  );
  const folderDoctor = await runParley(['doctor'], { settings: { PARLEY_DATA_DIR: mistyped } });
  assert.match(folderDoctor.out, /If a server has run already, set PARLEY_DATA_DIR/);
  const dry = await runParley(['migrate', '--dry-run'], { settings });
  assert.match(dry.out, /^Would create Parley, because there is no Parley in the database/);
  assert.deepEqual(await database.sql('select nspname from pg_namespace'), before);
  const folderDry = await runParley(['migrate', '--dry-run', '--json'], {
    settings: { PARLEY_DATA_DIR: mistyped },
  });
  assert.ok(folderDry.json().missing.length > 5);
  assert.equal((await runParley(['doctor'], { settings: { PARLEY_DATA_DIR: mistyped } })).code, 0);
  assert.ok(!existsSync(mistyped));
});
