import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../base/limits.ts';
import { sha256Hex } from '../base/random.ts';
import type { Principal } from '../store/access.ts';
import { Authentication, TooManyLookUps } from './authentication.ts';

const GOOD = 'a_good_token_0123456789';
const principal = { tokenId: 1, workspaceId: 1, adminId: 1 } as Principal;

/** An authentication whose database answers only when told, and whose time stands still. */
function openAuthentication() {
  const asked: { hash: string; answer: (found: Principal | null) => void }[] = [];
  const time = { now: 1_000_000 };
  const authentication = new Authentication(
    (hash) => new Promise((answer) => asked.push({ hash, answer })),
    () => time.now,
  );
  return { authentication, asked, time };
}

test('authentication: many calls with one unknown token, one look-up, by its hash', async () => {
  const { authentication, asked } = openAuthentication();
  const calls = Array.from({ length: 5 }, () => authentication.resolve(`Bearer ${GOOD}`));
  assert.deepEqual(
    asked.map(({ hash }) => hash),
    [sha256Hex(GOOD)],
  );
  asked[0]!.answer(principal);
  for (const found of await Promise.all(calls)) assert.equal(found, principal);
});

test('authentication: known token, trusted for a moment and then asked about again', async () => {
  const { authentication, asked, time } = openAuthentication();
  const first = authentication.resolve(`Bearer ${GOOD}`);
  asked[0]!.answer(principal);
  await first;
  assert.equal(authentication.resolve(`Bearer ${GOOD}`), principal);
  time.now += limits.accessCacheMs;
  const again = authentication.resolve(`Bearer ${GOOD}`);
  asked[1]!.answer(null);
  assert.equal(await again, null, 'it was revoked meanwhile');
});

test('authentication: flood of made-up tokens, told to come back; one that was just good still works', async () => {
  const { authentication, asked, time } = openAuthentication();
  const first = authentication.resolve(`Bearer ${GOOD}`);
  asked[0]!.answer(principal);
  await first;
  for (let i = 0; i < limits.tokenLookUpsMax; i += 1)
    void authentication.resolve(`Bearer made_up_${i}`);
  await assert.rejects(async () => authentication.resolve('Bearer one_more'), TooManyLookUps);
  assert.equal(asked.length, 1 + limits.tokenLookUpsMax);
  time.now += limits.accessCacheMs + 1;
  assert.equal(authentication.resolve(`Bearer ${GOOD}`), principal);
  time.now += limits.accessStaleMs;
  await assert.rejects(async () => authentication.resolve(`Bearer ${GOOD}`), TooManyLookUps);
});
