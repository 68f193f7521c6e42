import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isGuessable } from './secret-strength.ts';

test('secret strength: repetitions and sequences are guessable at any length', () => {
  for (const text of [
    'aaaaaaaaaaaaaaaa',
    'a'.repeat(200),
    'aaaaaaaaaaaaaaab',
    'abababababababab',
    'abc123abc123abc123abc123abc123',
    '0123456789012345',
    '9876543210987654',
    'abcdefghijklmnopqrstuvwxyz',
    'ABCDEFGHijklmnop01234567',
    'passwordpassword',
    'password12345678',
    'changemechangemechangeme',
    'aaaabbbbccccddddeeeeffffgggghhhh',
    '----------------',
    'x1x1x1x1x1x1x1x1',
  ]) {
    assert.ok(isGuessable(text), text);
  }
});

test('secret strength: generated secrets and passphrases pass', () => {
  for (let round = 0; round < 2_000; round += 1) {
    const hex = randomBytes(16).toString('hex');
    assert.ok(!isGuessable(hex), hex);
    const base64 = randomBytes(12).toString('base64');
    assert.ok(!isGuessable(base64), base64);
  }
  for (const text of ['correct-horse-battery-staple', '3f2504e0-4f89-11d3-9a0c-0305e82c3301']) {
    assert.ok(!isGuessable(text), text);
  }
});
