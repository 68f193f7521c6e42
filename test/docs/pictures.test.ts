// The pictures of the documents are small, show real output, and contain nothing private.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './examples.ts';

const folder = join(root, 'docs', 'pictures');
const textOf = (svg: string) => svg.replaceAll(/<style>[\s\S]*<\/style>|<[^>]+>/g, '');

for (const file of readdirSync(folder)) {
  test(`picture ${file}: is small, without script, token, other port or folder`, () => {
    const svg = readFileSync(join(folder, file), 'utf8');
    assert.ok(svg.length < 20_000, `${svg.length} bytes`);
    assert.doesNotMatch(svg, /<script|href=|<image|<foreignObject/);
    const text = textOf(svg);
    assert.doesNotMatch(text, /(parley_|whsec_)[A-Za-z0-9+/_-]{10}/);
    assert.doesNotMatch(text, /127\.0\.0\.1:(?!3000\b)|\/tmp\//);
  });
}

test('picture of the first minute: shows the script of the guide', () => {
  const text = textOf(readFileSync(join(folder, 'first-minute.svg'), 'utf8'));
  const guide = readFileSync(join(root, 'docs', 'simulate.md'), 'utf8');
  const shown = text.slice(text.indexOf('+0s'), text.indexOf('At the end')).trim();
  assert.ok(shown.split('\n').length > 8);
  assert.ok(guide.includes(shown), shown);
});
