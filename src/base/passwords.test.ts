// Password hashes: their form, their check, and their limits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Passwords, TooManyPasswords } from './passwords.ts';

const passwords = new Passwords();

test('passwords: a hash matches its password and no other, and has its own salt', async () => {
  const [one, other] = [await passwords.hash('a password'), await passwords.hash('a password')];
  assert.notEqual(one, other);
  assert.equal(await passwords.matches('a password', one), true);
  assert.equal(await passwords.matches('A password', one), false);
  assert.equal(await passwords.matches('', one), false);
});

test('passwords: no account matches nothing, by the same way', async () => {
  assert.equal(await passwords.matches('', null), false);
});

test('passwords: a hash names its parameters; a damaged one is an error, not a match', async () => {
  // RFC 7914: N=1024, r=8, p=16.
  const salt = Buffer.from('NaCl').toString('base64').replaceAll('=', '');
  const hash = Buffer.from(
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    'hex',
  );
  const known = `$scrypt$ln=10,r=8,p=16$${salt}$${hash.toString('base64').replaceAll('=', '')}`;
  assert.equal(await passwords.matches('password', known), true);
  assert.equal(await passwords.matches('Password', known), false);
  for (const text of ['', 'x', '$scrypt$ln=31,r=8,p=1$TmFDbA$TmFDbA']) {
    await assert.rejects(passwords.matches('password', text), /malformed/);
  }
});

test('passwords: two run at once, some wait, and more are rejected', async () => {
  const all = await Promise.allSettled(
    Array.from({ length: 70 }, () => passwords.matches('x', '$scrypt$ln=4,r=8,p=1$TmFDbA$TmFDbA')),
  );
  const rejected = all.filter((one) => one.status === 'rejected');
  assert.equal(rejected.length, 70 - 2 - 64);
  assert.ok(rejected.every(({ reason }) => reason instanceof TooManyPasswords));
  assert.equal(await passwords.matches('x', null), false);
});
