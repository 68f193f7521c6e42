// The reference page, in a real browser where the machine has one, otherwise by its HTML.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Browser } from 'playwright-core';
import { routes } from '../../src/http/routes.ts';
import { startTestParley } from '../support/server.ts';
import { isThorough } from '../support/thoroughness.ts';
import { contrasts, inBrowser, visit as visitPage } from './visit.ts';

const { url } = await startTestParley();
const response = await fetch(`${url}/docs`);
const source = await response.text();
const visit = (from: Browser, width: number, colorScheme?: 'light' | 'dark') =>
  visitPage(from, `${url}/docs`, { width, colorScheme });
const style = await (await fetch(`${url}/docs/parley.css`)).text();

test('reference page: loads with the network blocked and requests nothing outside', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page, complaints } = await visit(from, 1280);
      assert.equal(await page.locator('h1').textContent(), 'Parley API reference');
      // The content security policy allows the style sheet.
      const position = await page.evaluate(
        'getComputedStyle(document.querySelector(".side")).position',
      );
      assert.equal(position, 'sticky');
      assert.deepEqual(complaints, []);
      await page.close();
    },
    () => {
      assert.doesNotMatch(source, /<script>|<iframe|@import|url\(|\ssrc="(?!\/docs\/)/);
      const links = [...source.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!);
      assert.deepEqual(
        links.filter((href) => !/^(#|\/|data:image\/svg)/.test(href)),
        [],
      );
    },
  ));

test('reference page: Tab reaches the skip link first and the navigation next', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page } = await visit(from, 1280);
      const focused = () =>
        page.evaluate(
          'document.activeElement.textContent.trim() + "|" + document.activeElement.getAttribute("href")',
        );
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Skip to the reference|#main');
      const box = await page.locator('.skip').boundingBox();
      assert.ok(box!.x >= 0 && box!.y >= 0, 'the skip link shows while it has the focus');
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Parley|/');
      const seen: string[] = [];
      const last = `|#${routes.at(-1)!.operationId}`;
      // Chapters of guides and groups come between the operations.
      while (!seen.at(-1)?.endsWith(last) && seen.length < routes.length + 200) {
        await page.keyboard.press('Tab');
        seen.push(String(await focused()));
      }
      for (const { operationId } of routes) {
        assert.ok(
          seen.some((link) => link.endsWith(`|#${operationId}`)),
          operationId,
        );
      }
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      assert.equal(outline, 'solid', 'the focus is visible');
      await page.keyboard.press('Home');
      await page.locator('.skip').focus();
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate('document.activeElement.id'), 'main');
      await page.close();
    },
    () => {
      const focusable = [...source.matchAll(/<(a|summary|button)\b[^>]*>/g)].map(([tag]) => tag);
      assert.equal(focusable[0], '<a class="skip" href="#main">');
      for (const { operationId } of routes)
        assert.ok(focusable.includes(`<a href="#${operationId}">`));
    },
  ));

test('reference page: every text has a contrast of at least 4.5, light or dark', (t) =>
  inBrowser(
    t,
    async (from) => {
      for (const scheme of ['light', 'dark'] as const) {
        const { page } = await visit(from, 1280, scheme);
        const found = (await page.evaluate(contrasts)) as [number, string][];
        assert.ok(found.length > 500);
        t.diagnostic(`${scheme}: the weakest contrast is ${found[0]![0].toFixed(2)}`);
        assert.ok(found[0]![0] >= 4.5, `${scheme}: ${found[0]}`);
        await page.close();
      }
    },
    () => assert.match(style, /prefers-color-scheme: dark/),
  ));

test('reference page: never scrolls sideways from 320 to 1280 pixels', (t) =>
  inBrowser(
    t,
    async (from) => {
      for (const width of isThorough ? [320, 360, 390, 640, 1280] : [320, 640]) {
        const { page } = await visit(from, width);
        await page.evaluate(
          'document.querySelectorAll("details").forEach((one) => { one.open = true; })',
        );
        const needed = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(needed, width);
        await page.close();
      }
    },
    () =>
      assert.match(source, /<meta name="viewport" content="width=device-width, initial-scale=1">/),
  ));

test('reference page: prints without navigation and with folded parts open', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page } = await visit(from, 1280);
      await page.emulateMedia({ media: 'print' });
      assert.equal(await page.locator('.side').isVisible(), false);
      const folded = await page.evaluate(
        '(() => { const list = document.querySelector("main details dl"); return [list.checkVisibility({ contentVisibilityAuto: true }), list.offsetHeight]; })()',
      );
      const [isShown, height] = folded as [boolean, number];
      assert.ok(isShown && height > 200);
      await page.close();
    },
    () => assert.match(style, /@media print/),
  ));

test('reference page: headings go down one level at a time; every link leads somewhere', () => {
  const levels = [...source.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  assert.equal(levels.filter((level) => level === 1).length, 1);
  assert.equal(levels[0], 1);
  for (const [index, level] of levels.entries()) {
    assert.ok(level <= (levels[index - 1] ?? 0) + 1, `heading ${index} jumps to ${level}`);
  }
  const ids = new Set([...source.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  assert.equal(ids.size, source.match(/\sid="/g)!.length, 'an id is used twice');
  for (const [, target] of source.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.has(target!), target);
  for (const landmark of ['<header', '<nav', '<main', '<footer', '<html lang="en">']) {
    assert.ok(source.includes(landmark), landmark);
  }
});

test('reference page: examples call the address at which it is read', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page } = await visit(from, 1280);
      const text = await page.locator('main').innerText();
      assert.ok(text.includes(`curl -sS ${url}/custom_channel_events/notify_new_conversation`));
      assert.ok(text.includes(`baseUrl: '${url}'`));
      assert.ok(!text.includes('127.0.0.1:3000'));
      await page.close();
    },
    () => assert.match(source, /<span data-origin>http:\/\/127\.0\.0\.1:3000<\/span>/),
  ));
