// The tokens of the web app: their contrast, in both themes, and that no other file has a colour.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const tokens = readFileSync(join(web, 'style/tokens.css'), 'utf8');

const pairs = [...tokens.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)];
const colours = new Map(pairs.map(([, name, light, dark]) => [name!, [light!, dark!]]));

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** The lower contrast of the two themes. */
function contrast(name: string, ground: string): number {
  const ratios = [0, 1].map((theme) => {
    const [a, b] = [name, ground].map((one) => luminance(colours.get(one)![theme]!));
    return (Math.max(a!, b!) + 0.05) / (Math.min(a!, b!) + 0.05);
  });
  return Math.min(...ratios);
}

const grounds = ['ground', 'raised', 'sunken', 'hover', 'selected', 'bubble', 'hover-sunken'];

test('tokens: words have a contrast of 4.5 on each ground, in both themes', () => {
  const wanted: [string, readonly string[], number][] = [
    ['text', [...grounds, 'tint-1', 'tint-2', 'tint-3', 'tint-4', 'tint-5', 'tint-6'], 9],
    ['quiet', grounds, 4.5],
    ['accent', ['ground', 'raised', 'sunken', 'hover', 'selected', 'bubble'], 4.5],
    ['on-accent', ['accent', 'accent-hover'], 4.5],
    ['note-text', ['note', 'note-line'], 4.5],
    ['danger', ['ground', 'raised', 'selected', 'hover', 'danger-ground'], 4.5],
    ['warning', ['ground', 'raised'], 4.5],
    ['control', ['ground', 'raised'], 3],
    ['note-edge', ['ground', 'note'], 3],
  ];
  const weak = wanted.flatMap(([name, on, least]) =>
    on
      .map((ground) => ({ name, ground, ratio: contrast(name, ground) }))
      .filter(({ ratio }) => ratio < least),
  );
  assert.deepEqual(weak, []);
});

test('tokens: no other file has a colour, and each token that is used exists', () => {
  const defined = new Set([...tokens.matchAll(/--([\w-]+):/g)].map(([, name]) => name!));
  for (const file of globSync('**/*.css', { cwd: web })) {
    const text = readFileSync(join(web, file), 'utf8');
    if (file !== join('style', 'tokens.css')) {
      assert.doesNotMatch(text, /#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(/i, file);
    }
    for (const [, name] of text.matchAll(/var\(--([\w-]+)\)/g)) {
      assert.ok(defined.has(name!), `${file}: --${name}`);
    }
    assert.doesNotMatch(text, /\b(margin|padding|border)-(left|right|top|bottom)\b/, file);
  }
});
