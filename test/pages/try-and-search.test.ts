// The scripts of the pages: copying, searching and trying requests, by mouse or by keyboard alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestParley } from '../support/server.ts';
import { inBrowser, visit } from './visit.ts';

const { url, token } = await startTestParley();
const script = await (await fetch(`${url}/docs/parley.js`)).text();

/** Checks without a browser that the script is there and stores nothing. */
const readScript = () => {
  for (const part of ['clipboard', 'search.json', 'Authorization'])
    assert.ok(script.includes(part));
  assert.doesNotMatch(
    script,
    /localStorage|sessionStorage|indexedDB|cookie\b(?!,)|innerHTML|eval\(/,
  );
};

test('script: stores nothing, and no text becomes markup', readScript);

const isInField = 'document.activeElement === document.querySelector("[role=combobox]")';

test('search: "/" focuses, arrows choose, Enter goes there, Escape leaves', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page, complaints } = await visit(from, `${url}/docs`);
      const field = page.getByRole('combobox');
      const options = page.getByRole('option');
      await page.keyboard.press('/');
      assert.ok(await page.evaluate(isInField));
      await page.keyboard.type('rate limit');
      await options.first().waitFor();
      assert.match(String(await options.allInnerTexts()), /429 rate_limit_exceeded/);
      assert.equal(await field.getAttribute('aria-activedescendant'), 'result-0');
      await page.keyboard.press('ArrowDown');
      assert.equal(await field.getAttribute('aria-activedescendant'), 'result-1');
      assert.equal(await options.nth(1).getAttribute('aria-selected'), 'true');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      const last = (await options.count()) - 1;
      assert.equal(await options.nth(last).getAttribute('aria-selected'), 'true');
      await page.keyboard.press('Escape');
      assert.equal(await options.count(), 0);
      assert.equal(await field.inputValue(), '');
      await page.keyboard.type('nothing has these words');
      await page.getByText('0 results').waitFor();
      await field.fill('new_message');
      await page.keyboard.press('Home');
      await options.first().waitFor();
      assert.match(await options.first().innerText(), /new_message/);
      await page.keyboard.press('Enter');
      await page.waitForURL(/#(receiveNewMessage|notifyNewMessage)$/);
      await field.fill('<img src=x onerror=alert(1)>');
      await page.getByText('0 results').waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      assert.ok(!(await page.evaluate(isInField)));
      assert.deepEqual(complaints, []);
      await page.close();
    },
    readScript,
  ));

test('search: finds chapters of other guides from a guide and goes there', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page, complaints } = await visit(from, `${url}/docs/workflows`);
      await page.keyboard.press('/');
      await page.keyboard.type('repeating a request');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/docs\/api#repeating-a-request$/);
      assert.deepEqual(complaints, []);
      await page.close();
    },
    readScript,
  ));

test('try it: sends the example with the token by keyboard and shows the response', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page, complaints } = await visit(from, `${url}/docs`);
      const call = page.locator('#notifyNewConversation');
      await call.locator('.try > summary').focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.type(token);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const output = call.locator('output');
      await output.getByText(/^200 OK, \d+ ms$/).waitFor();
      const body = JSON.parse(await output.locator('.body').innerText()) as Record<string, string>;
      assert.equal(body['external_conversation_id'], 'conv_67890');
      await output.locator('summary').click();
      assert.match(await output.locator('details pre').innerText(), /x-request-id: /);

      const read = page.locator('#showConversation');
      await read.locator('.try > summary').click();
      assert.equal(await read.locator('[name=token]').inputValue(), token, 'known to all forms');
      await read.locator('[name=id]').fill(body['conversation_id']!);
      await read.getByRole('button', { name: 'Send' }).click();
      await read
        .locator('output')
        .getByText(/^200 OK/)
        .waitFor();

      const kept = await page.evaluate(
        '[document.cookie, localStorage.length, sessionStorage.length, location.href]',
      );
      assert.deepEqual(kept, ['', 0, 0, `${url}/docs`]);
      await page.goto(`${url}/docs/api`);
      await page.goBack();
      assert.equal(await read.locator('[name=token]').inputValue(), '', 'gone with the page');
      assert.deepEqual(complaints, []);
      await page.close();
    },
    readScript,
  ));

test('try it: shows errors, odd ids, large numbers and markup letter for letter', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page, complaints } = await visit(from, `${url}/docs`);
      const read = page.locator('#showConversation');
      await read.locator('.try > summary').click();
      await read.locator('[name=token]').fill(token);
      await read.locator('[name=id]').fill('../me?x=1#y');
      await read.getByRole('button', { name: 'Send' }).click();
      await read
        .locator('output')
        .getByText(/^404 Not Found/)
        .waitFor();
      assert.match(await read.locator('output').innerText(), /"errors": \[\n {4}\{/);

      const responses = {
        big: '[9007199254740993,{},{"a":"<img src=x onerror=alert(1)>, [1:2]"}]',
      };
      await page.route('**/me', (route) =>
        route.fulfill({ contentType: 'application/json', body: responses.big }),
      );
      const me = page.locator('#identifyAdmin');
      await me.locator('.try > summary').click();
      await me.getByRole('button', { name: 'Send' }).click();
      await me.locator('output').getByText(/^200/).waitFor();
      const shown = await me.locator('output .body').innerText();
      assert.match(shown, /9007199254740993,\n {2}\{\},\n/);
      assert.equal(shown.replaceAll(/\n\s*|(?<="a":) /g, ''), responses.big);
      assert.equal(await me.locator('output img').count(), 0);
      assert.deepEqual(
        complaints.filter((one) => !one.includes('404')),
        [],
      );
      await page.close();
    },
    readScript,
  ));

test('try it: shows events of the stream at once until Stop', (t) =>
  inBrowser(
    t,
    async (from) => {
      const { page } = await visit(from, `${url}/docs`);
      const stream = page.locator('article:has(form[data-accept="text/event-stream"])');
      await stream.locator('.try > summary').click();
      await stream.locator('[name=token]').fill(token);
      await stream.getByRole('button', { name: 'Send' }).click();
      await stream
        .locator('output')
        .getByText(/^200 OK/)
        .waitFor();
      await stream.getByRole('button', { name: 'Stop' }).click();
      await stream.locator('output').getByText('Stopped.').waitFor();
      await stream.getByRole('button', { name: 'Send' }).waitFor();
      await page.close();
    },
    readScript,
  ));

for (const isSecure of [true, false]) {
  test(`copy: fills the clipboard on ${isSecure ? 'secure' : 'insecure'} pages`, (t) =>
    inBrowser(
      t,
      async (from) => {
        const { page, complaints } = await visit(from, `${url}/docs`, {
          more: { permissions: ['clipboard-read', 'clipboard-write'] },
        });
        const read = await page.evaluateHandle('navigator.clipboard');
        if (!isSecure) {
          await page.evaluate(
            'window.kept = navigator.clipboard; Object.defineProperty(navigator, "clipboard", { value: undefined })',
          );
        }
        const figure = page.locator('#notifyNewMessage figure').first();
        await figure.getByRole('button', { name: 'Copy: curl' }).press('Enter');
        await figure.getByText('Copied').first().waitFor();
        const copied = await page.evaluate('(window.kept ?? navigator.clipboard).readText()');
        assert.match(
          String(copied),
          new RegExp(`^curl -sS ${url}/custom_channel_events/notify_new_message \\\\\n`),
        );
        assert.match(String(copied), /"body": "Hello, I need help with my order\."\n\}'$/);
        assert.deepEqual(complaints, []);
        await read.dispose();
        await page.close();
      },
      readScript,
    ));
}
