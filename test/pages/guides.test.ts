// The guides and the first page, in a real browser where the machine has one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestParley } from '../support/server.ts';
import { isThorough } from '../support/thoroughness.ts';
import { contrasts, inBrowser, visit } from './visit.ts';

const { url } = await startTestParley();
const asPage = { accept: 'text/html' };
const home = await (await fetch(url, { headers: asPage })).text();
const names = [...home.matchAll(/href="\/docs\/([a-z-]+)"/g)].map(([, name]) => name!);
const paths = ['/', ...names.map((name) => `/docs/${name}`)];
const sources = new Map<string, string>();
for (const path of paths) {
  sources.set(path, await (await fetch(url + path, { headers: asPage })).text());
}

test('guides: are all linked from the first page and from every menu', () => {
  assert.ok(names.length >= 7, String(names));
  for (const [path, source] of sources) {
    for (const name of names)
      assert.ok(source.includes(`href="/docs/${name}"`), `${path}: ${name}`);
    assert.ok(source.includes('href="/docs"') || source.includes('href="/docs#'), path);
  }
});

test('guides: headings go down one level at a time; landmarks, no inline code', () => {
  for (const [path, source] of sources) {
    const levels = [...source.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    assert.equal(levels.filter((level) => level === 1).length, 1, path);
    for (const [index, level] of levels.entries()) {
      assert.ok(level <= (levels[index - 1] ?? 0) + 1, `${path}: heading ${index}`);
    }
    for (const landmark of ['<main', '<html lang="en">', 'class="skip"']) {
      assert.ok(source.includes(landmark), `${path}: ${landmark}`);
    }
    assert.doesNotMatch(source, /<style|\sstyle=|<script>|\son[a-z]+=/, path);
    const ids = [...source.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, `${path}: an id is used twice`);
  }
});

test('guides: keep contrast and never scroll sideways, light or dark, any width', (t) =>
  inBrowser(
    t,
    async (from) => {
      const schemes = ['light', 'dark'] as const;
      for (const [index, path] of paths.entries()) {
        // Guides share their style, so each has one of the two in turn, and both at night.
        for (const colorScheme of isThorough ? schemes : [schemes[index % 2]!]) {
          // 200 % on a screen of 720 pixels is 360 of them.
          const { page, complaints } = await visit(from, url + path, { width: 360, colorScheme });
          const found = (await page.evaluate(contrasts)) as [number, string][];
          assert.ok(found[0]![0] >= 4.5, `${path} ${colorScheme}: ${found[0]}`);
          const needed = await page.evaluate('document.documentElement.scrollWidth');
          assert.equal(needed, 360, path);
          assert.deepEqual(complaints, [], path);
          await page.close();
        }
      }
    },
    () => assert.ok(sources.size > 7),
  ));

test('guides: show all text and no dead buttons without scripts', (t) =>
  inBrowser(
    t,
    async (from) => {
      for (const path of ['/', '/docs', '/docs/api']) {
        const { page, complaints } = await visit(from, url + path, {
          more: { javaScriptEnabled: false },
        });
        assert.ok((await page.locator('main').innerText()).length > 400, path);
        for (const dead of ['button', 'input', 'textarea', '.search', '.try']) {
          for (const one of await page.locator(dead).all()) {
            assert.equal(await one.isVisible(), false, `${path}: ${dead}`);
          }
        }
        if (path !== '/') await page.locator('.wide a[href="/docs/errors"]').click();
        else await page.locator('main a[href="/docs/errors"]').click();
        assert.equal(await page.locator('h1').innerText(), 'Errors#');
        assert.deepEqual(complaints, []);
        await page.close();
      }
    },
    () =>
      assert.ok(sources.get('/docs/api')!.includes('<div class="search" role="search" hidden>')),
  ));

test('guides: skip link, menu and anchors work by keyboard', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page } = await visit(from, `${url}/docs/errors`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate('document.activeElement.id'), 'main');
      await page.keyboard.press('Tab');
      const first = 'document.activeElement.getAttribute("aria-label")';
      assert.equal(await page.evaluate(first), 'Link to “Errors”');
      assert.equal(await page.evaluate('getComputedStyle(document.activeElement).opacity'), '1');
      await page.goto(`${url}/docs/errors#bodyTooLarge`);
      const row = page.locator('#bodyTooLarge');
      assert.match(await row.innerText(), /413/);
      assert.ok(
        await page.evaluate(
          'document.querySelector("#bodyTooLarge").getBoundingClientRect().top < innerHeight',
        ),
      );
      await page.close();
    },
    () => assert.match(sources.get('/docs/errors')!, /<tr id="bodyTooLarge">/),
  ));
