import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowCounts } from './row-counts.ts';

const statement = { text: 'select count(*)', values: [1] };

/** Makes counts that take some time by the test's own clock. */
function openCounts() {
  let now = 0;
  let asked = 0;
  const counts = new RowCounts(() => now);
  const count = (rows: number, tookMs: number, values: readonly unknown[] = [1]) =>
    counts.get({ ...statement, values }, async () => {
      asked += 1;
      now += tookMs;
      return rows;
    });
  return {
    count,
    wait: (ms: number) => {
      now += ms;
    },
    asked: () => asked,
  };
}

test('row counts: a small result is counted every time', async () => {
  const { count, asked } = openCounts();
  assert.equal(await count(9_999, 500), 9_999);
  assert.equal(await count(9_998, 500), 9_998);
  assert.equal(asked(), 2);
});

test('row counts: a large one is remembered a hundred times as long as it took', async () => {
  const { count, wait, asked } = openCounts();
  assert.equal(await count(1_000_000, 200), 1_000_000);
  wait(19_999);
  assert.equal(await count(2_000_000, 200), 1_000_000);
  wait(1);
  assert.equal(await count(2_000_000, 200), 2_000_000);
  assert.equal(asked(), 2);
});

test('row counts: a quick count is not remembered, and none longer than a minute', async () => {
  const { count, wait, asked } = openCounts();
  await count(50_000, 9);
  await count(50_000, 9);
  assert.equal(asked(), 2);
  await count(50_000, 5_000);
  wait(60_000);
  await count(50_000, 5_000);
  assert.equal(asked(), 4);
});

test('row counts: other values are another count, and the oldest is dropped', async () => {
  const { count, asked } = openCounts();
  for (let value = 0; value < 1_002; value += 1) await count(20_000, 1_000, [value]);
  const before = asked();
  // All of them took longer than any is trusted, except by the last minute of this clock.
  await count(20_000, 1_000, [1_001]);
  assert.equal(asked(), before);
  await count(20_000, 1_000, [0]);
  assert.equal(asked(), before + 1);
});
