import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../base/limits.ts';
import { sha256Hex } from '../../base/random.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import { Authentication } from './authentication.ts';
import { TooManyLookups } from './token-lookups.ts';

const GOOD = 'a_good_token_0123456789';
const GOOD_HASH = sha256Hex(GOOD);
const principal = { tokenId: 1, workspaceId: 1, adminId: 1 } as Principal;
const HERE = '192.0.2.1';
const THERE = '192.0.2.2';

/** Creates an authentication with a stopped clock and a database that responds only when the test lets it. */
function openAuthentication() {
  const asked: { hashes: readonly string[]; response: (isGood: boolean) => void }[] = [];
  const time = { now: 1_000_000 };
  const authentication = new Authentication(
    (hashes) =>
      new Promise((resolve) =>
        asked.push({
          hashes,
          response: (isGood) =>
            resolve(new Map(isGood && hashes.includes(GOOD_HASH) ? [[GOOD_HASH, principal]] : [])),
        }),
      ),
    () => time.now,
  );
  const resolve = (token: string, address = HERE) =>
    authentication.resolve(`Bearer ${token}`, address);
  return { resolve, asked, time };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('authentication: looks a token up once for many calls, by its hash', async () => {
  const { resolve, asked } = openAuthentication();
  const calls = Array.from({ length: 5 }, () => resolve(GOOD));
  assert.deepEqual(
    asked.map(({ hashes }) => hashes),
    [[GOOD_HASH]],
  );
  asked[0]!.response(true);
  for (const found of await Promise.all(calls)) assert.equal(found, principal);
});

test('authentication: trusts a known token for a moment, then asks again', async () => {
  const { resolve, asked, time } = openAuthentication();
  const first = resolve(GOOD);
  asked[0]!.response(true);
  await first;
  assert.equal(resolve(GOOD), principal);
  time.now += limits.accessCacheMs;
  const again = resolve(GOOD);
  asked[1]!.response(false);
  assert.equal(await again, null, 'it was revoked meanwhile');
});

test('authentication: serves addresses in turn, so a flood delays no other address', async () => {
  const { resolve, asked } = openAuthentication();
  for (let i = 0; i < 1_000; i += 1) void resolve(`made_up_${i}`);
  const good = resolve(GOOD, THERE);
  asked[0]!.response(false);
  await nextTurn();
  assert.ok(asked[1]!.hashes.includes(GOOD_HASH), 'the next query holds it');
  assert.ok(asked[1]!.hashes.length <= limits.tokenLookupBatchMax);
  asked[1]!.response(true);
  assert.equal(await good, principal);
});

test('authentication: rejects the newest guess of a flood when the queue is full', async () => {
  const { resolve, asked } = openAuthentication();
  const flood = Array.from({ length: limits.tokenLookupsMax + 1 }, (_, i) =>
    Promise.resolve(resolve(`made_up_${i}`)).catch((error) => error),
  );
  const more = Promise.resolve(resolve('one_more'));
  await assert.rejects(more, TooManyLookups);
  const good = resolve(GOOD, THERE);
  asked[0]!.response(false);
  await nextTurn();
  asked[1]!.response(true);
  assert.equal(await good, principal);
  assert.ok((await flood.at(-1)) instanceof TooManyLookups);
});

test('authentication: trusts a recently valid token when its lookup is rejected', async () => {
  const { resolve, asked, time } = openAuthentication();
  const first = resolve(GOOD);
  asked[0]!.response(true);
  await first;
  time.now += limits.accessCacheMs + 1;
  for (let i = 0; i <= limits.tokenLookupsMax; i += 1) {
    void Promise.resolve(resolve(`made_up_${i}`)).catch(() => {});
  }
  assert.equal(await resolve(GOOD), principal);
  time.now += limits.accessStaleMs;
  await assert.rejects(Promise.resolve(resolve(GOOD)), TooManyLookups);
});
