// The reference page as a reader meets it: in a real browser where the machine has one, else by its HTML.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { routes } from '../../src/http/routes/index.ts';
import { openBrowser } from '../support/chromium.ts';
import { startTestParley } from '../support/server.ts';

const { url } = await startTestParley();
const browser = await openBrowser();
const answer = await fetch(`${url}/docs`);
const source = await answer.text();

type Visit = { readonly page: Page; readonly complaints: string[] };

/** Opens the page with everything outside our server blocked, and notes whatever the browser complains about. */
async function visit(
  from: Browser,
  width: number,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Visit> {
  const page = await from.newPage({ viewport: { width, height: 844 }, colorScheme });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.route('**/*', (route) => {
    const asked = route.request().url();
    if (asked.startsWith(`${url}/`)) return route.continue();
    complaints.push(`asked for ${asked}`);
    return route.abort();
  });
  await page.goto(`${url}/docs`);
  return { page, complaints };
}

/** Runs in the browser, or says that the HTML stands in for it. */
async function inBrowser(
  t: TestContext,
  look: (browser: Browser) => Promise<void>,
  readSource: () => void,
): Promise<void> {
  if (browser !== undefined) return look(browser);
  t.diagnostic('no Chromium on this machine: the HTML was looked at instead');
  readSource();
}

test('reference page: everything outside blocked, it loads, asks for nothing else and the console is quiet', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page, complaints } = await visit(from, 1280);
      assert.equal(await page.locator('h1').textContent(), 'Parley API reference');
      // The style sheet was let through by the policy.
      const position = await page.evaluate(
        'getComputedStyle(document.querySelector(".side")).position',
      );
      assert.equal(position, 'sticky');
      assert.deepEqual(complaints, []);
      await page.close();
    },
    () => {
      assert.doesNotMatch(source, /<script|<iframe|@import|url\(|\ssrc=/);
      const links = [...source.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!);
      assert.deepEqual(
        links.filter((href) => !/^(#|\/openapi\.json$|data:image\/svg)/.test(href)),
        [],
      );
    },
  ));

test('reference page: only the keyboard, Tab reaches the skip link first and the navigation next', (t) =>
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
      assert.equal(await focused(), 'Parley|#top');
      const seen: string[] = [];
      for (let count = 0; count < routes.length + 12; count += 1) {
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

/** Pairs of colours of all visible text against what lies behind it, worst first. */
const contrasts = `(() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length === 3 ? [...n, 1] : n; };
  const light = (c) => { const s = c / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === '' || !element.checkVisibility()) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.className + ' ' + walker.currentNode.data.trim().slice(0, 30)]);
  }
  return found.sort((one, other) => one[0] - other[0]);
})()`;

test('reference page: light and dark, every text has a contrast of at least 4.5 to 1', (t) =>
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
    () => assert.match(source, /prefers-color-scheme:dark/),
  ));

test('reference page: 390 and 1280 pixels wide, nothing makes it scroll sideways', (t) =>
  inBrowser(
    t,
    async (from) => {
      for (const width of [390, 1280]) {
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

test('reference page: printed, the navigation is gone and what was folded is open', (t) =>
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
    () => assert.match(source, /@media print/),
  ));

test('reference page: its headings, they go down one level at a time and every link leads somewhere', () => {
  const levels = [...source.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  assert.equal(levels.filter((level) => level === 1).length, 1);
  assert.equal(levels[0], 1);
  for (const [index, level] of levels.entries()) {
    assert.ok(level <= (levels[index - 1] ?? 0) + 1, `heading ${index} jumps to ${level}`);
  }
  const ids = new Set([...source.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  assert.equal(ids.size, source.match(/\sid="/g)!.length, 'an id is used twice');
  for (const [, target] of source.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.has(target), target);
  for (const landmark of ['<header', '<nav', '<main', '<footer', '<html lang="en">']) {
    assert.ok(source.includes(landmark), landmark);
  }
});

test('reference page: its headers, nothing may run or load and the browser may keep it', async () => {
  const policy = answer.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; /);
  assert.doesNotMatch(policy, /unsafe|script-src|\*/);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  for (const path of ['/docs', '/openapi.json']) {
    const etag = (await fetch(url + path)).headers.get('etag')!;
    const again = await fetch(url + path, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    const changed = await fetch(url + path, { headers: { 'if-none-match': '"old"' } });
    assert.equal(changed.status, 200);
  }
});

test('reference page: read at this address, the examples call this address', () => {
  const text = source.replaceAll(/<[^>]+>/g, '');
  assert.ok(text.includes(`curl -sS ${url}/custom_channel_events/notify_new_conversation`));
  assert.ok(text.includes(`baseUrl: &#39;${url}&#39;`));
});
