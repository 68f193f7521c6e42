// Sealing, and the key file: concurrent starts get one key, and a damaged key file is an error.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { afterAll } from '../../test/support/after-all.ts';
import {
  openSecretBox,
  SealBroken,
  SecretBox,
  SecretKeyDamaged,
  SecretKeyMissing,
} from './seal.ts';

const context = 'callback secret 1 2';
const module = fileURLToPath(new URL('./seal.ts', import.meta.url));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-seal-'));
  afterAll(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const boxIn = (dataDir: string): SecretBox =>
  openSecretBox({ secretKey: undefined, dataDir, databaseUrl: undefined });

test('seal: a secret opens with its context and key, also in another box', () => {
  for (const text of ['', 'whsec_abc', 'späť 🔑']) {
    const sealed = new SecretBox('one key').seal(text, context);
    assert.equal(new SecretBox('one key').open(sealed, context), text);
  }
});

test('seal: equal secrets have different sealed values, which hide the secret', () => {
  const box = new SecretBox('one key');
  const [one, other] = [box.seal('whsec_abc', context), box.seal('whsec_abc', context)];
  assert.notDeepEqual(one, other);
  assert.ok(!one.includes('whsec_abc'));
});

test('seal: another context or key is rejected', () => {
  const box = new SecretBox('one key');
  const sealed = box.seal('whsec_abc', context);
  assert.throws(() => box.open(sealed, 'callback secret 1 3'), SealBroken);
  assert.throws(() => new SecretBox('another key').open(sealed, context), SealBroken);
});

test('seal: any changed byte and any missing end is rejected', () => {
  const box = new SecretBox('one key');
  const sealed = box.seal('whsec_abc', context);
  for (let index = 0; index < sealed.length; index += 1) {
    const tampered = Buffer.from(sealed);
    tampered[index]! ^= 1;
    assert.throws(() => box.open(tampered, context), SealBroken, `byte ${index}`);
    assert.throws(
      () => box.open(sealed.subarray(0, index), context),
      SealBroken,
      `cut at ${index}`,
    );
  }
});

test('key: an external database without a key is an error that names the setting', () => {
  const dataDir = newFolder();
  const databaseUrl = 'postgres://db/parley';
  assert.throws(
    () => openSecretBox({ secretKey: undefined, dataDir, databaseUrl }),
    (error) => error instanceof SecretKeyMissing && /PARLEY_SECRET_KEY/.test(error.message),
  );
  openSecretBox({ secretKey: 'one key', dataDir, databaseUrl });
  assert.deepEqual(readdirSync(dataDir), []);
});

test('key file: is made once, for its owner only, with no other file', () => {
  const dataDir = join(newFolder(), 'not', 'there');
  const sealed = boxIn(dataDir).seal('whsec_abc', context);
  assert.deepEqual(readdirSync(dataDir), ['secret.key']);
  const file = join(dataDir, 'secret.key');
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  const key = readFileSync(file, 'utf8');
  assert.match(key, /^[A-Za-z0-9+/]{43}=\n$/);
  assert.equal(boxIn(dataDir).open(sealed, context), 'whsec_abc');
  assert.equal(readFileSync(file, 'utf8'), key);
});

test('key file: if empty or cut short, it is left as it is, with advice in the error', () => {
  const dataDir = newFolder();
  const file = join(dataDir, 'secret.key');
  for (const content of ['', '\n', `${'x'.repeat(31)}\n`]) {
    writeFileSync(file, content);
    assert.throws(
      () => boxIn(dataDir),
      (error) =>
        error instanceof SecretKeyDamaged &&
        error.message.includes(file) &&
        /Restore it from a backup.*delete it/.test(error.message),
    );
    assert.equal(readFileSync(file, 'utf8'), content);
  }
  writeFileSync(file, 'x'.repeat(32));
  boxIn(dataDir);
});

test('key file: processes that make it at the same time all get one key', async () => {
  const dataDir = newFolder();
  // Each reports ready, waits for the start time, and then uses 20 new folders at once with the others.
  const script = `
    const { openSecretBox, SecretBox } = await import(${JSON.stringify(module)});
    process.on('message', (startAt) => {
      while (Date.now() < startAt);
      const sealed = Array.from({ length: 20 }, (_, index) => {
        const dataDir = ${JSON.stringify(dataDir)} + '/' + index;
        return openSecretBox({ dataDir }).seal('from ' + process.pid, 'here').toString('hex');
      });
      process.send(sealed, () => process.disconnect());
    });
    process.send('ready');`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  await Promise.all(children.map((child) => once(child, 'message')));
  const startAt = Date.now() + 50;
  const results = await Promise.all(
    children.map(async (child) => {
      child.send(startAt);
      const [sealed] = (await once(child, 'message')) as [string[]];
      return { pid: child.pid, sealed };
    }),
  );
  for (const { pid, sealed } of results) {
    for (const [index, hex] of sealed.entries()) {
      const folder = join(dataDir, String(index));
      assert.equal(boxIn(folder).open(Buffer.from(hex, 'hex'), 'here'), `from ${pid}`);
      assert.deepEqual(readdirSync(folder), ['secret.key']);
    }
  }
});
