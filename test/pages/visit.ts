// Opens a page in a real browser, where the machine has one, with the network blocked and browser errors recorded.

import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser } from '../support/chromium.ts';

const browser = await openBrowser();

export type Visit = { readonly page: Page; readonly complaints: string[] };

export type VisitOptions = {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark' | undefined;
  readonly more?: BrowserContextOptions;
};

/** Opens a page with everything outside its server blocked, and records the errors of the browser. */
export async function visit(
  from: Browser,
  url: string,
  { width = 1280, colorScheme = 'light', more = {} }: VisitOptions = {},
): Promise<Visit> {
  const page = await from.newPage({ viewport: { width, height: 844 }, colorScheme, ...more });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.route('**/*', (route) => {
    const asked = route.request().url();
    if (asked.startsWith(`${new URL(url).origin}/`)) return route.continue();
    complaints.push(`asked for ${asked}`);
    return route.abort();
  });
  await page.goto(url);
  return { page, complaints };
}

/** Runs in the browser, or reports that only the HTML is tested. */
export async function inBrowser(
  t: TestContext,
  look: (browser: Browser) => Promise<void>,
  readSource: () => void,
): Promise<void> {
  if (browser !== undefined) return look(browser);
  t.diagnostic('no Chromium on this machine: the HTML was looked at instead');
  readSource();
}

/** Reads the colours of all visible text and its background, lowest contrast first. */
export const contrasts = `(() => {
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
