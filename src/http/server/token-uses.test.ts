import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { type TokenKey, TokenUses } from './token-uses.ts';

const token = (tokenId: number): TokenKey => ({ workspaceId: 1, tokenId });

test('token uses: batch into one statement, each token once a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const saved: number[][] = [];
  const save = async (tokens: readonly TokenKey[]) => {
    saved.push(tokens.map(({ tokenId }) => tokenId));
  };
  const uses = new TokenUses(save, pino({ level: 'silent' }));
  const tick = (ms: number) => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  for (let count = 0; count < 50; count += 1) uses.note([token(1), token(2)]);
  assert.deepEqual(saved, []);
  tick(1_000);
  assert.deepEqual(saved, [[1, 2]]);
  for (let second = 0; second < 58; second += 1) {
    uses.note([token(1)]);
    tick(1_000);
  }
  assert.deepEqual(saved, [[1, 2]]);
  uses.note([token(3)]);
  tick(1_000);
  assert.deepEqual(saved, [[1, 2], [3]]);
  tick(2_000);
  uses.note([token(1)]);
  tick(1_000);
  assert.deepEqual(saved, [[1, 2], [3], [1]]);
});

test('token uses: survive an unavailable database, and are written at the end', async () => {
  let isUnavailable = true;
  const saved: number[] = [];
  const save = async (tokens: readonly TokenKey[]) => {
    if (isUnavailable) throw new Error('unavailable');
    saved.push(...tokens.map(({ tokenId }) => tokenId));
  };
  const uses = new TokenUses(save, pino({ level: 'silent' }));
  uses.note([token(1)]);
  await uses.flush();
  isUnavailable = false;
  uses.note([token(2)]);
  await uses.flush();
  assert.deepEqual(saved, [2]);
  await uses.flush();
  assert.deepEqual(saved, [2]);
});
