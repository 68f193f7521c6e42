import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allOf, anyOf, code, isOneOf, sql } from './sql.ts';

test('composed SQL: pieces keep their values in order', () => {
  const pieces = [sql`a = ${1}`, code('b'), sql`${2} < c and ${3} < d`];
  assert.deepEqual(sql`where ${anyOf(pieces)} or ${4}`.toStatement(), {
    text: 'where (a = $1 or b or $2 < c and $3 < d) or $4',
    values: [1, 2, 3, 4],
  });
  assert.equal(allOf([]).toStatement().text, 'true');
  assert.equal(anyOf([]).toStatement().text, 'false');
  assert.equal(isOneOf(code('a'), [7], 'bigint').toStatement().text, 'a = $1::bigint');
  assert.equal(isOneOf(code('a'), [7, 8], 'bigint').toStatement().text, 'a = any($1::bigint[])');
});

test('composed SQL: a long list of pieces takes time in proportion to its length', () => {
  const pieces = Array.from({ length: 100_000 }, (_, index) => sql`a = ${index}`);
  const begin = performance.now();
  assert.equal(anyOf(pieces).values.length, 100_000);
  assert.ok(performance.now() - begin < 2_000);
});
