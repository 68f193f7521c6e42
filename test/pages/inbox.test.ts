// The inbox in a real browser: signing in, the life of a conversation between two teammates, messages on a bad line,
// drafts, the keyboard alone, accessibility in both themes, and content that must stay text.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ensureWebBuilt } from '../../scripts/build-web.ts';
import { AppClient, addTeammate } from '../support/app-client.ts';
import { openBrowser } from '../support/chromium.ts';
import { nextNumber, startTestParley } from '../support/server.ts';
import { isThorough } from '../support/thoroughness.ts';
import { until } from '../support/until.ts';
import { box, bubbles, openDesk, rows, waitForWords } from './inbox.ts';

const browser = await openBrowser();
// Without Chromium the tests of the endpoints and of the parts of the app (test/web/) remain.
const options = { skip: browser === undefined ? 'no Chromium on this machine' : false };
const { url, notify, call, database } = await startTestParley();
const anna = await addTeammate(database, url, { role: 'teammate' });
const ben = await addTeammate(database, url, { role: 'teammate' });

before(ensureWebBuilt);

type Talk = { readonly id: string; readonly path: string; write(body: string): Promise<void> };

/** Begins a conversation as a contact, who can write on. */
async function begin(name: string, ...words: readonly string[]): Promise<Talk> {
  const externalId = `user_${nextNumber()}`;
  const contact = {
    type: 'user',
    external_id: externalId,
    name,
    email: `${externalId}@example.com`,
  };
  const who = { external_conversation_id: `talk_${nextNumber()}`, contact };
  const { body } = await notify('new_conversation', who);
  const write = async (text: string) => {
    const { status } = await notify('new_message', { ...who, body: text });
    assert.equal(status, 200);
  };
  for (const text of words) await write(text);
  const conversationId = String(body.conversation_id);
  return { id: conversationId, path: `/app/w/1/inbox/all/${conversationId}`, write };
}

const repliesIn = async ({ id }: Talk): Promise<readonly string[]> => {
  const rowsFound = await database.sql<{ body: string }>(
    `select body from conversation_parts where conversation_id = $1 and author_type = 'admin'
      and body is not null order by position`,
    [Number(id)],
  );
  return rowsFound.map(({ body }) => body);
};

const send = async (page: Page, text: string): Promise<void> => {
  await box(page).fill(text);
  await page.keyboard.press('Control+Enter');
};

test(
  'sign-in: a link sets a password, a wrong one is told, signing out ends it',
  options,
  async () => {
    const owner = await addTeammate(database, url, { role: 'owner' });
    const invited = await owner.post('/invites', {
      email: 'carla@example.com',
      name: 'Carla',
      role: 'teammate',
    });
    const guest = new AppClient(url);
    const { page, complaints, context } = await openDesk(browser!, guest, invited.body.path);
    await page.getByLabel('Password').fill('four random words');
    await page.getByRole('button', { name: 'Open the inbox' }).click();
    await page.getByRole('heading', { name: 'Mine' }).waitFor();
    await page.getByRole('button', { name: 'Commands' }).click();
    await page.getByRole('option', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').fill('carla@example.com');
    await page.getByLabel('Password').fill('four other words');
    await page.getByRole('button', { name: 'Sign in' }).click();
    assert.notEqual(await page.getByRole('alert').innerText(), '');
    await page.getByLabel('Password').fill('four random words');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Mine' }).waitFor();
    await page.goto(`${url}${invited.body.path}`);
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await context.close();
    // The browser itself reports the expected answers 401 and 404, and nothing else.
    assert.deepEqual(
      complaints.filter((one) => !/status of (401|404)/.test(one)),
      [],
    );
  },
);

test(
  'conversation: two teammates see what the other does, and the app gets it',
  options,
  async () => {
    const talk = await begin('Jane Doe', 'Where is my order?');
    const desks = await Promise.all([
      openDesk(browser!, anna, '/app/w/1/inbox/unassigned'),
      openDesk(browser!, ben, '/app/w/1/inbox/unassigned'),
    ]);
    const [first, second] = desks.map(({ page }) => page) as [Page, Page];
    await first.getByRole('link', { name: /Jane Doe/ }).click();
    await second.getByRole('link', { name: /Jane Doe/ }).click();
    await first.keyboard.press('i');
    await second.getByText(`${anna.name} took this`).waitFor();
    await until(
      'the list of Unassigned is empty',
      async () => (await rows(second).count()) === 0,
      10_000,
    );
    await send(first, 'It is on its way.');
    await waitForWords(second, 'It is on its way.');
    await first.getByText('In the log', { exact: true }).waitFor();
    await second.keyboard.press('n');
    await send(second, 'She called yesterday, too.');
    await waitForWords(first, 'She called yesterday, too.');
    await talk.write('Thank you!');
    await waitForWords(first, 'Thank you!');
    await first.locator('#thread').focus();
    await first.keyboard.press('e');
    await second.getByText(`${anna.name} closed this`).waitFor();
    const { body } = await call('GET', `/conversations/${talk.id}`);
    assert.equal(body.state, 'closed');
    await first.keyboard.press('z');
    await second.getByText(`${anna.name} opened this again`).waitFor();
    for (const desk of desks) await desk.leave();
  },
);

test('second answer: is not sent, stays, and goes out when asked to', options, async () => {
  const talk = await begin('Eve', 'Hello?');
  const desk = await openDesk(browser!, anna, talk.path);
  await waitForWords(desk.page, 'Hello?');
  // Ben answers before Anna's page knows.
  await desk.page.route('**/parts?*', (route) => route.abort());
  await ben.post(`/conversations/${talk.id}/messages`, {
    kind: 'reply',
    body: 'Ben was first.',
    seen_position: 1,
  });
  await send(desk.page, 'Anna was second.');
  await desk.page.getByText('Not sent').first().waitFor();
  assert.deepEqual(await repliesIn(talk), ['Ben was first.']);
  await desk.page.unroute('**/parts?*');
  await waitForWords(desk.page, 'Ben was first.');
  await desk.page.getByRole('button', { name: 'Send anyway' }).click();
  await until('both replies are stored', async () => (await repliesIn(talk)).length === 2, 10_000);
  await waitForWords(desk.page, 'Anna was second.');
  await desk.context.close();
});

test(
  'bad line: messages arrive once and in order, whatever is lost, over a reload',
  options,
  async () => {
    const talk = await begin('Bob', 'Are you there?');
    const desk = await openDesk(browser!, anna, talk.path);
    const { page } = desk;
    await waitForWords(page, 'Are you there?');
    // The first answer is lost, then the second request; after the reload the line is good.
    let count = 0;
    await page.route('**/messages', async (route) => {
      count += 1;
      if (count === 1) await route.fetch();
      if (count <= 3) return route.abort();
      return route.continue();
    });
    await page.keyboard.press('r');
    await send(page, 'First.');
    await send(page, 'Second.');
    await until('the first two requests are gone', async () => count >= 2, 10_000);
    await page.reload();
    await waitForWords(page, 'Second.');
    await until(
      'both messages are stored',
      async () => (await repliesIn(talk)).length === 2,
      20_000,
    );
    await until(
      'nothing is left in the outbox',
      async () => (await page.locator('.unsent').count()) === 0,
      20_000,
    );
    await waitForWords(page, 'First.');
    assert.deepEqual(await repliesIn(talk), ['First.', 'Second.']);
    await desk.context.close();
  },
);

test(
  'draft: survives a killed page, another view, a colleague; a note has its own',
  options,
  async () => {
    const talk = await begin('Dora', 'A question.');
    const desk = await openDesk(browser!, anna, talk.path);
    await waitForWords(desk.page, 'A question.');
    await desk.page.keyboard.press('r');
    await desk.page.keyboard.type('I was just wri');
    await desk.page.getByRole('button', { name: 'Note', exact: true }).click();
    assert.equal(await box(desk.page).inputValue(), '');
    await desk.page.keyboard.type('a note');
    await desk.page.close();
    const page = await desk.context.newPage();
    await page.goto(`${url}/app/w/1/inbox/all`);
    await page.getByText('Draft:').waitFor();
    await ben.post(`/conversations/${talk.id}/actions`, { kind: 'close' });
    await page.goto(url + talk.path);
    await page.getByText('A reply opens it again').waitFor();
    assert.equal(await box(page).inputValue(), 'I was just wri');
    await page.getByRole('button', { name: 'Note', exact: true }).click();
    assert.equal(await box(page).inputValue(), 'a note');
    await desk.context.close();
  },
);

/** Closes a dialog; the next key is for the page behind it once the browser has closed it. */
async function leaveDialog(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
}

test('keyboard alone: next, reply, note, assign, palette, close; no trap', options, async () => {
  for (const name of ['Kim', 'Kai']) await begin(name, `Words of ${name}`);
  const { page, leave } = await openDesk(browser!, anna, '/app/w/1/inbox/unassigned?sort=newest');
  await rows(page).first().waitFor();
  const { keyboard } = page;
  await keyboard.press('j');
  await waitForWords(page, 'Words of Kai');
  await keyboard.press('r');
  await keyboard.type('Hello Kai');
  await keyboard.press('Control+Enter');
  await waitForWords(page, 'Hello Kai');
  await keyboard.press('Escape');
  assert.equal(await page.evaluate('document.activeElement.id'), 'thread');
  await keyboard.press('a');
  await keyboard.type(ben.name.slice(0, -1));
  await page.getByRole('option').first().waitFor();
  await leaveDialog(page);
  await keyboard.press('j');
  await waitForWords(page, 'Words of Kim');
  await keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await keyboard.type('close and');
  await keyboard.press('Enter');
  await page.getByText('Closed', { exact: true }).first().waitFor();
  await keyboard.press('?');
  await page.getByRole('heading', { name: 'Shortcuts' }).waitFor();
  await keyboard.press('Escape');
  const reached = new Set<string>();
  for (let count = 0; count < 40; count += 1) {
    await keyboard.press('Tab');
    reached.add(String(await page.evaluate('document.activeElement.className')));
  }
  for (const part of ['view-link', 'row-link', 'thread-scroller'])
    assert.ok(reached.has(part), part);
  await leave();
});

test(
  'hostile content: names, words and attributes stay text, and nothing is loaded',
  options,
  async () => {
    const evil = '<img src=x onerror="document.title=\'owned\'"><script>alert(1)</script>';
    const talk = await begin(evil, 'x'.repeat(40_000), `${'\u202e'}drawkcab ${'w'.repeat(5000)}`);
    await talk.write('javascript:alert(1) data:text/html,x https://a.example/"><b>');
    await talk.write(`${evil} at the end`);
    const { page, leave } = await openDesk(browser!, anna, talk.path);
    await waitForWords(page, '<script>alert(1)</script> at the end');
    assert.ok((await page.locator('.panel').innerText()).includes('<img src=x'));
    const links = await page.evaluate(
      `[...document.querySelectorAll('.bubble a')].map(({ href }) => href)`,
    );
    assert.deepEqual(links, ['https://a.example/']);
    assert.equal(await page.locator('.bubble img, .bubble script, .row img').count(), 0);
    assert.notEqual(await page.title(), 'owned');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 1440);
    await leave();
  },
);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds, as lines. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  // Through the debugger: the page itself may run nothing that is not its own.
  await page.evaluate(axe);
  const found = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
  return found as readonly string[];
}

test(
  'accessibility: axe finds nothing in any place, in both themes, on a phone',
  options,
  async () => {
    const talk = await begin('Ada', 'One question.', 'And another.');
    await ben.post(`/conversations/${talk.id}/messages`, {
      kind: 'note',
      body: 'A note.',
      seen_position: 3,
    });
    const looks = [
      { width: 1440, colorScheme: 'light' },
      { width: 320, colorScheme: 'dark' },
      ...(isThorough ? [320, 768].map((width) => ({ width, colorScheme: 'light' as const })) : []),
      { width: 1440, colorScheme: 'dark' },
    ] as const;
    for (const { width, colorScheme } of looks) {
      const viewport = { width, height: 800 };
      const { page, leave } = await openDesk(browser!, anna, '/app/w/1/inbox/snoozed', {
        viewport,
        colorScheme,
      });
      const check = async (place: string) => {
        assert.deepEqual(await faultsOf(page), [], `${place} ${width} ${colorScheme}`);
        const needed = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(needed, width, `${place} scrolls sideways`);
      };
      await page.getByText('Nothing is snoozed').waitFor();
      await check('empty view');
      await page.goto(url + talk.path);
      await bubbles(page).nth(2).waitFor();
      await check('conversation');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      await check('palette');
      await leaveDialog(page);
      await page.keyboard.press('?');
      await page.getByRole('heading', { name: 'Shortcuts' }).waitFor();
      await check('shortcuts');
      await leave();
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      const guest = await openDesk(browser!, new AppClient(url), '/app/sign-in', { colorScheme });
      await guest.page.getByLabel('Password').waitFor();
      assert.deepEqual(await faultsOf(guest.page), [], `sign-in ${colorScheme}`);
      await guest.context.close();
    }
  },
);

test("theme: is in the server's first answer; the page may load nothing foreign", async () => {
  const dark = await fetch(`${url}/app`, { headers: { cookie: 'parley_theme=dark' } });
  assert.match(await dark.text(), /<html lang="en" class="dark">/);
  const policy = dark.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /require-trusted-types-for 'script'; trusted-types parley/);
  const odd = await fetch(`${url}/app`, { headers: { cookie: 'parley_theme="><script>' } });
  assert.match(await odd.text(), /<html lang="en" class="system">/);
  const { status } = await fetch(`${url}/app/assets/..%2findex.html`);
  assert.equal(status, 404);
});
