// The built web app: its size, and what a browser may load from it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ensureWebBuilt } from '../../scripts/build-web.ts';
import { currentWebBuild, neededWebBuild, webBuild } from '../../src/base/web-build.ts';

await ensureWebBuilt();
const folder = join(webBuild.folder, currentWebBuild()!);
const page = readFileSync(join(folder, 'index.html'), 'utf8');
const assets = readdirSync(join(folder, 'assets'));

const zippedKb = (names: readonly string[]): number =>
  names.reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(folder, 'assets', name)), { level: 9 }).length,
    0,
  ) / 1000;

test('web build: is the one that the sources need', () => {
  assert.equal(currentWebBuild(), neededWebBuild());
});

test('web build: initial scripts and styles keep to their budgets', (t) => {
  const first = [...page.matchAll(/(?:src|href)="\/app\/assets\/([^"]+)"/g)].map(
    ([, name]) => name!,
  );
  const scripts = zippedKb(first.filter((name) => name.endsWith('.js')));
  const styles = zippedKb(first.filter((name) => name.endsWith('.css')));
  const all = zippedKb(assets.filter((name) => name.endsWith('.js')));
  t.diagnostic(
    `initial ${scripts.toFixed(1)} kB, styles ${styles.toFixed(1)}, all ${all.toFixed(1)}`,
  );
  assert.ok(scripts > 50 && scripts <= 130, `${scripts} kB of initial scripts`);
  assert.ok(styles > 1 && styles <= 14, `${styles} kB of styles`);
  assert.ok(all <= 320, `${all} kB of scripts`);
});

test('web build: has nothing inline and nothing from other servers', () => {
  assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=|<script>|https?:\/\/(?!www\.w3\.org)/);
  for (const name of assets.filter((one) => one.endsWith('.css'))) {
    assert.doesNotMatch(readFileSync(join(folder, 'assets', name), 'utf8'), /@import|url\(/, name);
  }
});
