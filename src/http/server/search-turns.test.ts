import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { limits } from '../../base/limits.ts';
import { ok } from '../../base/result.ts';
import { SearchTurns } from './search-turns.ts';

/** Starts searches that end when told, and notes which ones run. */
function openSearches() {
  const turns = new SearchTurns();
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (workspaceId: number, name: string) =>
    turns.run(workspaceId, async () => {
      running.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      running.splice(running.indexOf(name), 1);
      return ok(name);
    });
  const end = async (name: string) => {
    ends.get(name)!();
    await setImmediate();
  };
  return { start, end, running };
}

test('search turns: some run at once; a workspace without a running one goes first', async () => {
  const { start, end, running } = openSearches();
  const names = ['a', 'b', 'c'];
  const all = [...names.map((name) => start(1, name)), start(2, 'other')];
  await setImmediate();
  assert.deepEqual(running, ['a', 'b']);
  await end('a');
  assert.deepEqual(running, ['b', 'other']);
  await end('other');
  assert.deepEqual(running, ['b', 'c']);
  await end('b');
  await end('c');
  const results = (await Promise.all(all)).map((result) => result.ok && result.value);
  assert.deepEqual(results, ['a', 'b', 'c', 'other']);
});

test('search turns: one that fails gives its turn on', async () => {
  const turns = new SearchTurns();
  const failing = () => turns.run(1, () => Promise.reject(new Error('broken')));
  for (let count = 0; count <= limits.searchesMax; count += 1) {
    await assert.rejects(failing(), /broken/);
  }
});

test('search turns: one that waits too long is 503', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { start, end, running } = openSearches();
  const all = ['a', 'b', 'late', 'c'].map((name) => start(1, name));
  context.mock.timers.tick(limits.searchWaitMaxMs);
  const late = await all[2]!;
  assert.equal(!late.ok && late.error.status, 503);
  await end('a');
  await end('b');
  assert.deepEqual(running, []);
});
