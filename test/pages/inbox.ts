// The inbox in a real browser: signed-in pages whose every complaint fails the test, and what tests do in them.

import assert from 'node:assert/strict';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { AppClient } from '../support/app-client.ts';
import { until } from '../support/until.ts';

export type Desk = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console, the policy or the network complained about. */
  readonly complaints: string[];
  /** Closes the page, which must have complained about nothing. */
  leave(): Promise<void>;
};

/** Opens the app, signed in as a teammate, with everything outside its server blocked. */
export async function openDesk(
  browser: Browser,
  teammate: AppClient,
  path = '/app',
  options: BrowserContextOptions = {},
): Promise<Desk> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const { url } = teammate;
  if (teammate.cookie !== '') {
    const [name = '', value = ''] = teammate.cookie.split('=', 2);
    await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Lax' }]);
  }
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const asked = request.url();
    if (!asked.startsWith(`${url}/`)) complaints.push(`asked for ${asked}`);
  });
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`);
  await page.goto(url + path);
  const leave = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return { page, context, complaints, leave };
}

export const box = (page: Page) => page.locator('#box');
export const rows = (page: Page) => page.locator('.row');
/** What was said in the open conversation. */
export const bubbles = (page: Page) => page.locator('.bubble');

/** Waits until the open conversation shows a text so often. */
export const waitForWords = (page: Page, text: string, times = 1): Promise<unknown> =>
  until(
    text,
    async () => (await bubbles(page).filter({ hasText: text }).count()) === times,
    15_000,
  );
