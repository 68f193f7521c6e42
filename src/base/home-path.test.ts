import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { test } from 'node:test';
import { expandHome } from './home-path.ts';

test('home: ~ is the home folder at the beginning of a path only', () => {
  const home = homedir();
  for (const [path, expanded] of [
    ['~', home],
    ['~/', `${home}/`],
    ['~/x/y', `${home}/x/y`],
    ['a/~/b', 'a/~/b'],
    ['./~', './~'],
    ['a~', 'a~'],
    ['/~', '/~'],
  ] as const) {
    assert.deepEqual(expandHome(path), { ok: true, value: expanded }, path);
  }
});

test('home: ~ with a name is an error that says what to write', () => {
  for (const path of ['~root', '~root/x', '~~', '~+/x', '~-']) {
    const expanded = expandHome(path);
    assert.match(expanded.ok ? '' : expanded.error, /^must be written out/, path);
  }
});
