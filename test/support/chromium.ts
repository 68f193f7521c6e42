// Starts the Chromium of the machine, once per test file, if there is one; downloads nothing.

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll } from './after-all.ts';

const places = [
  process.env.PARLEY_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const options = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser; undefined on a machine without one. */
export async function openBrowser(): Promise<Browser | undefined> {
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args: options });
  afterAll(() => browser.close());
  return browser;
}
