// Lookups of unknown tokens: callers are served in turn, and an IPv6 network is one caller.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../base/limits.ts';
import { callerNetwork } from './client-address.ts';
import { TokenLookups } from './token-lookups.ts';

/** Queues guesses during a lookup, then a lookup of another caller. @returns the next batch. */
async function batchBehind(guesses: number, addressOf: (number: number) => string) {
  const batches: (readonly string[])[] = [];
  let go = () => {};
  const lookups = new TokenLookups((hashes) => {
    batches.push(hashes);
    return new Promise((resolve) => {
      go = () => resolve(new Map());
    });
  });
  const all = [lookups.lookUp('first', '192.0.2.1')];
  for (let number = 0; number < guesses; number += 1) {
    all.push(lookups.lookUp(`guess ${number}`, addressOf(number)));
  }
  all.push(lookups.lookUp('honest', '198.51.100.7'));
  for (const lookup of all) lookup.catch(() => {});
  go();
  await new Promise(setImmediate);
  return batches[1]!;
}

test('token lookups: guesses of an IPv6 network do not delay another caller', async () => {
  const address = (number: number) => `2001:db8:0:1::${number.toString(16)}`;
  const batch = await batchBehind(limits.tokenLookupBatchMax * 4, address);
  assert.equal(batch[1], 'honest', 'the second of two callers');
  assert.ok(batch.includes('guess 0'));
});

test('token lookups: a queue full of one network has room for another caller', async () => {
  const address = (number: number) => `2001:db8::1:${number.toString(16)}`;
  const batch = await batchBehind(limits.tokenLookupsMax + 10, address);
  assert.ok(batch.includes('honest'));
});

test('callers: count IPv4 by address and IPv6 by /64, however it is written', () => {
  assert.equal(callerNetwork('192.0.2.1'), '192.0.2.1');
  assert.notEqual(callerNetwork('192.0.2.1'), callerNetwork('192.0.2.2'));
  assert.equal(callerNetwork('unknown'), 'unknown');
  const same = ['2001:db8::1', '2001:db8::ffff:1:2:3', '2001:db8:0:0:9::', '2001:0db8:0:0::5'];
  assert.deepEqual(new Set(same.map(callerNetwork)).size, 1);
  for (const other of ['2001:db8:0:1::1', '::1', 'fe80::1', '2001:db9::1']) {
    assert.notEqual(callerNetwork(other), callerNetwork('2001:db8::1'));
  }
});
