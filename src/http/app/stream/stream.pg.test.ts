// The stream of the web app: every change once and in order, on two servers, after a break, and only to its workspace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from '../../../../test/support/after-all.ts';
import { type AppClient, addTeammate } from '../../../../test/support/app-client.ts';
import { addWorkspace, request, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';

const { url, notify, database } = await startTestParley();
const other = await startTestParley({}, database);
const anna = await addTeammate(database, url);

type Message = {
  readonly event: string;
  readonly id: string | null;
  readonly data: {
    readonly build?: string;
    /** Id, version, and what happened. */
    readonly conversations?: readonly (readonly [string, number, number])[];
  };
};

/** Reads a stream as a browser does. */
class Page {
  readonly messages: Message[] = [];
  isOver = false;
  readonly #abort = new AbortController();

  static async open(client: AppClient, lastId?: string, at = client.url): Promise<Page> {
    const page = new Page();
    const response = await fetch(`${at}/parley/v1/app/stream`, {
      headers: {
        cookie: client.cookie,
        'sec-fetch-site': 'same-origin',
        accept: 'text/event-stream',
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      },
      signal: page.#abort.signal,
    });
    assert.equal(response.status, 200);
    afterAll(async () => page.close());
    void page.#read(response).catch(() => {});
    await until('the page is told', () => page.messages.length > 0);
    return page;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
        const event = field('event');
        if (event === null) continue;
        this.messages.push({ event, id: field('id'), data: JSON.parse(field('data')!) });
      }
    }
    this.isOver = true;
  }

  /** The versions of a conversation that the page was told of, in order. */
  versionsOf(id: string): number[] {
    return this.messages.flatMap(({ data }) =>
      (data.conversations ?? []).flatMap((one) => (one[0] === id ? [one[1]] : [])),
    );
  }

  get lastId(): string {
    return this.messages.findLast(({ id }) => id !== null)!.id!;
  }
}

const rowsOfFeed = async (): Promise<number> => {
  const [row] = await database.sql<{ count: number }>(
    'select count(*)::int as count from inbox_changes',
  );
  return row!.count;
};

test('feed: is not written while no teammate uses the app', async () => {
  await notify('new_conversation');
  assert.equal(await rowsOfFeed(), 0);
});

test('stream: begins with hello, and with a reset where the feed has just begun', async () => {
  const page = await Page.open(anna);
  assert.equal(page.messages[0]!.event, 'hello');
  assert.match(page.messages[0]!.data.build!, /^\d+\.\d+\.\d+/);
  await until('the page is told', () => page.messages.some(({ event }) => event === 'reset'));
  page.close();
});

test('stream: tells of changes on both servers, each version once and in order', async () => {
  const [here, there] = [await Page.open(anna), await Page.open(anna, undefined, other.url)];
  const begun = await notify('new_conversation', { external_conversation_id: 'live' });
  const id: string = begun.body.conversation_id;
  const { contact } = await contactOf('live');
  const words = Array.from({ length: 20 }, (_, index) =>
    (index % 2 === 0 ? notify : other.notify)('new_message', {
      external_conversation_id: 'live',
      contact,
      body: `words ${index}`,
    }),
  );
  await Promise.all(words);
  await anna.post(`/conversations/${id}/actions`, { kind: 'close' });
  const [stored] = await database.sql<{ version: number }>(
    'select version from conversations where id = $1',
    [id],
  );
  for (const page of [here, there]) {
    await until('the page is told', () => page.versionsOf(id).at(-1) === stored!.version);
    const versions = page.versionsOf(id);
    assert.deepEqual(
      versions,
      [...new Set(versions)].toSorted((a, b) => a - b),
    );
  }
  const kinds = here.messages.flatMap(({ data }) =>
    (data.conversations ?? []).map((one) => one[2]),
  );
  assert.equal(
    kinds.reduce((a: number, b: number) => a | b, 0),
    1 | 16,
  );
  for (const page of [here, there]) page.close();
});

/** The contact that notify() made for a conversation. */
async function contactOf(externalId: string) {
  const [row] = await database.sql<{ external_id: string; name: string; email: string }>(
    `select c.external_id, c.name, c.email from conversations v
      join contacts c on c.workspace_id = v.workspace_id and c.id = v.contact_id where v.external_id = $1`,
    [externalId],
  );
  return { contact: { type: 'user', ...row } };
}

test('stream: after a break it goes on where it was, on another server too', async () => {
  const first = await Page.open(anna);
  const one = await notify('new_conversation');
  await until('the page is told', () => first.versionsOf(one.body.conversation_id).length === 1);
  first.close();
  const missed = [await notify('new_conversation'), await other.notify('new_conversation')];
  const again = await Page.open(anna, first.lastId, other.url);
  for (const { body } of missed) {
    await until('the page is told', () => again.versionsOf(body.conversation_id).length === 1);
  }
  assert.equal(again.versionsOf(one.body.conversation_id).length, 0);
  assert.ok(again.messages.every(({ event }) => event !== 'reset'));
  again.close();
});

test('stream: an id that is too old, too new or odd begins anew, with a reset', async () => {
  for (const [lastId, isReset] of [
    ['1', true],
    ['999999999999999', true],
    ['x', false],
    ['-1', false],
    ['9'.repeat(40), false],
  ] as const) {
    const page = await Page.open(anna, lastId);
    await pause(50);
    assert.equal(
      page.messages.some(({ event }) => event === 'reset'),
      isReset,
      lastId,
    );
    page.close();
  }
});

test('stream: shows nothing of another workspace, and costs it nothing', async () => {
  const { workspaceId, token } = await addWorkspace(database, 'stream_elsewhere');
  const eve = await addTeammate(database, url, { workspaceId });
  const page = await Page.open(eve);
  const { body } = await notify('new_conversation');
  await until('the page is told', () => page.messages.some(({ event }) => event === 'reset'));
  assert.deepEqual(page.versionsOf(body.conversation_id), []);
  page.close();
  const third = await addWorkspace(database, 'stream_unused');
  for (const bearer of [token, third.token]) {
    await request(
      `${url}/custom_channel_events/notify_new_conversation`,
      'POST',
      {
        event_id: `stream ${bearer}`,
        external_conversation_id: 'x',
        contact: { type: 'user', external_id: 'x', name: 'X', email: 'x@x.example' },
      },
      { authorization: `Bearer ${bearer}` },
    );
  }
  const rows = await database.sql<{ id: number }>(
    'select distinct workspace_id as id from inbox_changes order by 1',
  );
  const ids = rows.map(({ id }) => id);
  assert.ok(ids.includes(workspaceId) && !ids.includes(third.workspaceId), String(ids));
});

test('stream: needs a session, ends with the server, and takes no more than 20 at once', async () => {
  const headers = { 'sec-fetch-site': 'same-origin', accept: 'text/event-stream' };
  const path = '/parley/v1/app/stream';
  assert.equal((await request(`${url}${path}`, 'GET', undefined, headers)).status, 401);
  const ben = await addTeammate(database, url);
  const pages = await Promise.all(Array.from({ length: 20 }, () => Page.open(ben)));
  const full = await request(`${url}${path}`, 'GET', undefined, { ...headers, cookie: ben.cookie });
  assert.equal(full.status, 429);
  for (const page of pages) page.close();
  const last = await Page.open(anna, undefined, other.url);
  await other.stop();
  await until('the page is told', () => last.isOver);
});
