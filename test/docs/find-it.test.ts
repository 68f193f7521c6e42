// The table "Find it" of CONTRIBUTING.md: each path exists and contains the word that the table names.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './examples.ts';

const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const [, table = ''] = text.split(/^## Find it$/m);
const rows = [
  ...table.split(/^## /m, 1)[0]!.matchAll(/^\| ([^|]+\?) \| `([^`]+)`(?: \(`([^`]+)`\))? \|$/gm),
];

test('find it: table has thirty questions', () => {
  assert.equal(rows.length, 30);
});

for (const [, question, path, word] of rows) {
  test(`find it: ${question!.trim().slice(0, 70)}`, () => {
    const file = join(root, path!);
    assert.ok(existsSync(file), `${path} is not there`);
    if (word === undefined) return;
    assert.ok(
      statSync(file).isFile() && readFileSync(file, 'utf8').includes(word),
      `${path}: ${word}`,
    );
  });
}
