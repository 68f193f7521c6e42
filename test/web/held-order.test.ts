// The order of the list under the hand of a teammate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderOf } from '../../web/places/inbox/held-order.ts';

test('list order: new rows below are added, those above are held back', () => {
  assert.deepEqual(orderOf(['a', 'b'], ['x', 'a', 'y', 'b', 'z']), {
    ids: ['a', 'b', 'z'],
    held: 2,
  });
});

test('list order: rows stay where they are when the sorting changes', () => {
  assert.deepEqual(orderOf(['a', 'b', 'c'], ['c', 'a', 'b']), { ids: ['a', 'b', 'c'], held: 0 });
});

test('list order: what is gone leaves, also all of it', () => {
  assert.deepEqual(orderOf(['a', 'b', 'c'], ['c', 'a']), { ids: ['a', 'c'], held: 0 });
  assert.deepEqual(orderOf(['a'], ['b']), { ids: ['b'], held: 0 });
});

test('list order: for any change no row is lost, doubled or moved', () => {
  const ids = fc.uniqueArray(fc.constantFrom(...'abcdefghij'));
  fc.assert(
    fc.property(ids, ids, (shown, fresh) => {
      const { ids: kept, held } = orderOf(shown, fresh);
      assert.equal(new Set(kept).size, kept.length);
      assert.equal(kept.length + held, fresh.length);
      const stayed = shown.filter((id) => fresh.includes(id));
      assert.deepEqual(kept.slice(0, stayed.length), stayed);
    }),
  );
});
