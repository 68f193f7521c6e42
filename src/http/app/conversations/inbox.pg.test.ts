// The inbox over HTTP: views and their counts, lists, threads, answers that find the conversation moved, and drafts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppClient, addTeammate } from '../../../../test/support/app-client.ts';
import { addWorkspace, person, startTestParley } from '../../../../test/support/server.ts';
import type { Row } from './schema.ts';

const { url, call, notify, database } = await startTestParley();
const other = await startTestParley({}, database);
const anna = await addTeammate(database, url);
/** Anna in a window of the other server. */
const annaThere = new AppClient(other.url, anna.cookie);
const ben = await addTeammate(database, other.url);
const viewer = await addTeammate(database, url, { role: 'viewer' });
const [team] = await database.sql<{ id: number }>(
  `insert into teams (workspace_id, name) values (1, 'Support') returning id`,
);
const [tag] = await database.sql<{ id: number }>(
  `insert into tags (workspace_id, name) values (1, 'parcel') returning id`,
);

let made = 0;

/** The names that the app uses for a conversation and its contact. */
const namesOf = (number: number) => ({
  external_conversation_id: `inbox_${number}`,
  contact: { ...person(`inbox_${number}`), name: `Contact ${number}` },
});

/** A conversation in which the contact has written. */
async function begin(body = 'Where is it?'): Promise<string> {
  made += 1;
  const { body: created } = await notify('new_conversation', namesOf(made));
  await write(made, body);
  return created.conversation_id;
}

/** The contact of a conversation writes again. */
const write = (number: number, body: string) => notify('new_message', { ...namesOf(number), body });

const act = (client: AppClient, id: string, action: object) =>
  client.post(`/conversations/${id}/actions`, action);

const reply = (client: AppClient, id: string, fields: object, headers = {}) =>
  client.post(
    `/conversations/${id}/messages`,
    { kind: 'reply', body: 'On its way', seen_position: 1, ...fields },
    headers,
  );

const rowOf = async (client: AppClient, id: string): Promise<Row> =>
  (await client.post('/conversations/by-id', { ids: [id] })).body.conversations[0];

const partsOf = async (id: string): Promise<{ kind: string; body: string | null }[]> =>
  (await anna.get(`/conversations/${id}/parts`)).body.parts;

/** The ids of a whole list. */
async function listed(client: AppClient, query: string, limit = 7): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const page = await client.get(`/conversations?${query}&limit=${limit}&after=${after}`);
    assert.equal(page.status, 200, JSON.stringify(page.body));
    ids.push(...page.body.conversations.map(({ id }: Row) => id));
    if (page.body.next === null) return ids;
    assert.equal(page.body.conversations.length, limit);
    after = page.body.next;
  }
}

test('row: shows who waits since when, the last words, and who has it', async () => {
  const id = await begin('Hello <b>there</b>');
  const row = await rowOf(anna, id);
  assert.deepEqual(
    [row.state, row.is_unread, row.is_priority, row.tags, row.holder],
    ['open', true, false, [], { kind: 'none' }],
  );
  assert.equal(row.preview!.text, 'Hello <b>there</b>');
  assert.equal(row.preview!.author.name, row.contact!.name);
  assert.ok(row.waiting_since! > Date.now() - 60_000);
  const sent = await reply(anna, id, { seen_position: row.last_position });
  const after: Row = sent.body.conversation;
  assert.deepEqual(
    [after.waiting_since, after.preview!.author.name, after.holder.admin_id],
    [null, anna.name, String(anna.adminId)],
  );
  assert.ok(after.version > row.version);
});

test('lists: every view has what its count says, in its order, page by page', async () => {
  for (let number = 0; number < 23; number += 1) {
    const id = await begin();
    if (number % 2 === 0) await act(anna, id, { kind: 'assign', admin_id: String(anna.adminId) });
    if (number % 3 === 0) await act(anna, id, { kind: 'assign', team_id: String(team!.id) });
    if (number % 4 === 0) await act(anna, id, { kind: 'priority', is_priority: true });
    if (number % 5 === 0) await reply(anna, id, { force: true });
    if (number % 7 === 0) await act(anna, id, { kind: 'snooze', until: Date.now() + 3_600_000 });
    if (number % 11 === 0) await act(anna, id, { kind: 'close' });
    if (number % 6 === 1) await act(anna, id, { kind: 'tag', add: [String(tag!.id)] });
  }
  const truth = await database.sql<{
    id: string;
    state: string;
    admin: number | null;
    team: number | null;
    tags: number[];
  }>(`select id::text, state, admin_assignee_id as admin, team_assignee_id as team, tag_ids as tags
    from conversations where workspace_id = 1`);
  const open = truth.filter(({ state }) => state === 'open');
  const expected = {
    mine: open.filter((one) => one.admin === anna.adminId),
    unassigned: open.filter((one) => one.admin === null && one.team === null),
    all: open,
    snoozed: truth.filter(({ state }) => state === 'snoozed'),
    closed: truth.filter(({ state }) => state === 'closed'),
    [`team-${team!.id}`]: open.filter((one) => one.team === team!.id),
    [`tag-${tag!.id}`]: open.filter((one) => one.tags.includes(tag!.id)),
    'channel-1': open,
  };
  const { body } = await anna.get('/views');
  for (const [view, rows] of Object.entries(expected)) {
    assert.ok(rows.length > 0, view);
    const { count } = body.views.find((one: { id: string }) => one.id === view);
    if (count !== null) assert.equal(count, rows.length, view);
    for (const sort of ['waiting', 'newest', 'priority']) {
      const ids = await listed(anna, `view=${view}&sort=${sort}`);
      assert.equal(new Set(ids).size, ids.length, `${view} by ${sort} repeats`);
      assert.deepEqual(ids.toSorted(), rows.map(({ id }) => id).toSorted(), `${view} by ${sort}`);
    }
  }
  const rows = async (sort: string): Promise<Row[]> =>
    (await anna.get(`/conversations?view=all&sort=${sort}&limit=100`)).body.conversations;
  const waits = (row: Row) => row.waiting_since ?? Number.POSITIVE_INFINITY;
  for (const [sort, key] of [
    ['waiting', (row: Row) => waits(row)],
    ['newest', (row: Row) => -row.created_at],
    ['priority', (row: Row) => (row.is_priority ? 0 : 1e15) + Math.min(waits(row), 9e14)],
  ] as const) {
    const keys = (await rows(sort)).map(key);
    assert.deepEqual(
      keys,
      keys.toSorted((a, b) => a - b),
      sort,
    );
  }
});

test('lists: wrong parameters are 400, a cursor of another list is harmless', async () => {
  for (const query of [
    'view=x',
    'view=team-',
    'view=team-1%00',
    'view=mine&view=all',
    'sort=old',
    'limit=0',
    'limit=101',
    'limit=1e1',
    'after=x',
    'after=0.1',
    'after=4.1.1',
    'after=0.99999999999999999999.1',
    'after=%00',
  ]) {
    assert.equal((await anna.get(`/conversations?${query}`)).status, 400, query);
  }
  for (const after of ['0.1.1', '3..9007199254740993', '0..1', '1.5.5', '0.999999999999999.1']) {
    for (const view of ['all', 'closed', 'snoozed', 'team-9999999999999999']) {
      assert.equal(
        (await anna.get(`/conversations?view=${view}&after=${after}`)).status,
        200,
        after,
      );
    }
  }
});

test('by id: shows what is there, in the order asked, once each', async () => {
  const ids = [await begin(), await begin()];
  const wanted = [ids[1], '999999999', ids[0], ids[1], '-1', 'x', '\u0000', '1e400'];
  const { body } = await anna.post('/conversations/by-id', { ids: wanted });
  assert.deepEqual(
    body.conversations.map(({ id }: Row) => id),
    [ids[1], ids[0]],
  );
  const tooMany = { ids: Array.from({ length: 201 }, () => '1') };
  assert.equal((await anna.post('/conversations/by-id', tooMany)).status, 400);
  assert.equal((await anna.post('/conversations/by-id', { ids: [1] })).status, 422);
});

test('thread: is read page by page from both ends, with names and whole texts', async () => {
  const id = await begin('first');
  const number = made;
  for (let index = 0; index < 6; index += 1) await write(number, `words ${index}`);
  await anna.post(`/conversations/${id}/messages`, {
    kind: 'note',
    body: 'a note',
    seen_position: 0,
  });
  const all = (await anna.get(`/conversations/${id}/parts`)).body;
  assert.equal(all.has_more, false);
  const positions = all.parts.map(({ position }: { position: number }) => position);
  assert.deepEqual(
    positions,
    positions.toSorted((a: number, b: number) => a - b),
  );
  assert.deepEqual([all.parts.at(-1).kind, all.parts.at(-1).author.name], ['note', anna.name]);
  const newest = (await anna.get(`/conversations/${id}/parts?limit=3`)).body;
  assert.deepEqual([newest.parts, newest.has_more], [all.parts.slice(-3), true]);
  const older = (
    await anna.get(`/conversations/${id}/parts?limit=100&before=${newest.parts[0].position}`)
  ).body;
  assert.deepEqual([...older.parts, ...newest.parts], all.parts);
  const later = (await anna.get(`/conversations/${id}/parts?limit=2&after=${positions[1]}`)).body;
  assert.deepEqual([later.parts, later.has_more], [all.parts.slice(2, 4), true]);
  const whole = (await anna.get(`/conversations/${id}`)).body;
  assert.deepEqual([whole.contact.external_id, whole.drafts], [`inbox_${number}`, []]);
  for (const path of ['', '/parts', '/deliveries']) {
    for (const wrong of ['0', '999999999', 'x', '%00', '%ED%A0%80', '9007199254740993']) {
      const { status } = await anna.get(`/conversations/${wrong}${path}`);
      assert.ok(status === 404 || status === 400, `${wrong}${path}: ${status}`);
    }
  }
});

test('buttons: the chosen one is marked, and those of a past question are stale', async () => {
  const id = await begin();
  const number = made;
  const question = {
    message_type: 'quick_reply',
    type: 'admin',
    admin_id: String(anna.adminId),
    body: 'Which one?',
    reply_options: [
      { text: 'Red', uuid: `red_${number}` },
      { text: 'Blue', uuid: `blue_${number}` },
    ],
  };
  assert.equal((await call('POST', `/conversations/${id}/reply`, question)).status, 200);
  const offered = (await anna.get(`/conversations/${id}/parts`)).body.parts.at(-1);
  assert.deepEqual([offered.options.length, offered.is_stale], [2, false]);
  await notify('quick_reply_selected', {
    ...namesOf(number),
    quick_reply_option_id: `blue_${number}`,
  });
  const { parts } = (await anna.get(`/conversations/${id}/parts`)).body;
  const asked = parts.find(({ options }: { options: object[] }) => options.length > 0);
  assert.deepEqual(
    [asked.is_stale, asked.options.map((one: { is_chosen: boolean }) => one.is_chosen)],
    [true, [false, true]],
  );
});

test('answer: a repeat with its key is the same one, another text with the key is 422', async () => {
  const id = await begin();
  const key = { 'idempotency-key': `key-${id}` };
  const tries = Array.from({ length: 4 }, (_, index) =>
    reply(index % 2 === 0 ? anna : annaThere, id, {}, key),
  );
  const answers = await Promise.all(tries);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  const words = (await partsOf(id)).filter(({ body }) => body === 'On its way');
  assert.equal(words.length, 1);
  assert.equal((await reply(anna, id, { body: 'Other' }, key)).status, 422);
  // Another teammate's key is another key.
  assert.equal((await reply(ben, id, { force: true }, key)).status, 200);
});

test('answer: of two teammates on two servers at one moment, one finds it moved', async () => {
  for (let round = 0; round < 8; round += 1) {
    const id = await begin();
    const { last_position: seen } = await rowOf(anna, id);
    const both = await Promise.all([
      reply(anna, id, { seen_position: seen, body: 'from Anna' }),
      reply(ben, id, { seen_position: seen, body: 'from Ben' }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 409]);
    const rejected = both.find(({ status }) => status === 409)!;
    assert.equal(rejected.body.errors[0].code, 'conversation_moved');
    const winner = both[0].status === 200 ? anna : ben;
    assert.equal(rejected.body.errors[0].message, `${winner.name} answered since you last saw it`);
    assert.equal((await partsOf(id)).filter(({ body }) => body?.startsWith('from ')).length, 1);
  }
});

test('answer: the contact’s words move nothing, even in a burst', async () => {
  const id = await begin();
  const number = made;
  const { last_position: seen } = await rowOf(anna, id);
  const burst = Array.from({ length: 12 }, (_, index) => write(number, `more ${index}`));
  const key = { 'idempotency-key': `burst-${id}` };
  const [answer] = await Promise.all([reply(anna, id, { seen_position: seen }, key), ...burst]);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal((await partsOf(id)).filter(({ body }) => body === 'On its way').length, 1);
});

test('answer: after a close, a take-over or an answer of another it needs force', async () => {
  for (const [move, words] of [
    [(id: string) => act(ben, id, { kind: 'close' }), 'closed it'],
    [(id: string) => act(ben, id, { kind: 'take_over' }), 'took it over'],
    [(id: string) => reply(ben, id, { force: true }), 'answered'],
  ] as const) {
    const id = await begin();
    const { last_position: seen } = await rowOf(anna, id);
    assert.equal((await move(id)).status, 200);
    const rejected = await reply(anna, id, { seen_position: seen });
    assert.deepEqual(
      [rejected.status, rejected.body.errors[0].message],
      [409, `${ben.name} ${words} since you last saw it`],
    );
    const note = { kind: 'note', body: 'noted', seen_position: seen };
    assert.equal((await anna.post(`/conversations/${id}/messages`, note)).status, 200);
    assert.equal((await reply(anna, id, { seen_position: seen, force: true })).status, 200);
    assert.equal((await reply(ben, id, { seen_position: 1_000_000 })).status, 200);
  }
});

test('answer: hostile bodies are client errors, and odd texts stay text', async () => {
  const id = await begin();
  for (const fields of [
    { body: '' },
    { body: ' \n\u0000' },
    { body: 'x'.repeat(100_001) },
    { body: 7 },
    { kind: 'quick_reply' },
    { kind: null },
    { seen_position: -1 },
    { seen_position: 1.5 },
    { seen_position: 2 ** 53 },
    { seen_position: '1' },
    { force: 'yes' },
  ]) {
    const { status } = await reply(anna, id, fields);
    assert.ok(
      status === 400 || status === 422,
      `${JSON.stringify(fields).slice(0, 60)}: ${status}`,
    );
  }
  const odd = '<script>alert(1)</script> \u0000\ud800 \u202e💥';
  assert.equal((await reply(anna, id, { body: odd })).status, 200);
  assert.equal((await partsOf(id)).at(-1)!.body, '<script>alert(1)</script> \ufffd \u202e💥');
  const missing = await reply(anna, '999999999', {});
  assert.equal(missing.status, 404);
});

test('actions: repeats change nothing more, and wrong ones nothing', async () => {
  const id = await begin();
  for (const action of [
    { kind: 'take_over' },
    { kind: 'assign', admin_id: String(ben.adminId) },
    { kind: 'assign', team_id: String(team!.id) },
    { kind: 'priority', is_priority: true },
    { kind: 'tag', add: [String(tag!.id)] },
    { kind: 'snooze', until: Date.now() + 7_200_000 },
    { kind: 'open' },
    { kind: 'close' },
    { kind: 'assign', admin_id: null },
  ]) {
    const first = await act(anna, id, action);
    assert.equal(first.status, 200, `${JSON.stringify(action)} ${JSON.stringify(first.body)}`);
    const before: Row = first.body.conversation;
    const again: Row = (await act(anna, id, action)).body.conversation;
    assert.deepEqual(again, before, JSON.stringify(action));
  }
  for (const [action, status] of [
    [{ kind: 'assign', admin_id: '999999' }, 404],
    [{ kind: 'assign', team_id: 'x' }, 404],
    [{ kind: 'assign' }, 400],
    [{ kind: 'assign', admin_id: '1', team_id: '1' }, 400],
    [{ kind: 'snooze' }, 400],
    [{ kind: 'snooze', until: 1 }, 400],
    [{ kind: 'snooze', until: 2 ** 60 }, 400],
    [{ kind: 'priority' }, 400],
    [{ kind: 'tag', add: ['999999'] }, 404],
    [{ kind: 'tag', add: 'x' }, 422],
    [{ kind: 'explode' }, 400],
    ['[]', 422],
  ] as const) {
    const response = await anna.post(`/conversations/${id}/actions`, action);
    assert.equal(
      response.status,
      status,
      `${JSON.stringify(action)} ${JSON.stringify(response.body)}`,
    );
  }
});

test('take-over: ends the workflow that waits, and assigns the conversation', async () => {
  const id = await begin();
  await database.sql(`update conversations set version = version + 1, run = $2 where id = $1`, [
    id,
    JSON.stringify(runThatWaits()),
  ]);
  const before = await rowOf(anna, id);
  assert.deepEqual(
    [before.holder.kind, before.holder.workflow_name, before.holder.waits_for],
    ['workflow', 'Order help', 'reply'],
  );
  const after: Row = (await act(anna, id, { kind: 'take_over' })).body.conversation;
  assert.deepEqual(after.holder, { kind: 'teammate', admin_id: String(anna.adminId) });
  assert.equal(after.admin_assignee_id, String(anna.adminId));
  assert.equal((await partsOf(id)).at(-1)!.kind, 'assignment');
});

const runThatWaits = () => ({
  ...{ id: 1, workflowId: 1, version: 3, name: 'Order help', stepId: 'ask', stepCount: 1 },
  ...{ startedAt: Date.now(), status: 'waiting', endedAt: null, endReason: null },
  waiting: { sinceMs: Date.now(), untilMs: null, for: 'message' },
});

test('rights: a viewer writes notes and nothing else', async () => {
  const id = await begin();
  const note = { kind: 'note', body: 'seen', seen_position: 0 };
  assert.equal((await viewer.post(`/conversations/${id}/messages`, note)).status, 200);
  assert.equal((await reply(viewer, id, { force: true })).status, 403);
  assert.equal((await act(viewer, id, { kind: 'close' })).status, 403);
});

test('seen: unread is what the contact wrote since, for each teammate alone', async () => {
  const id = await begin();
  const number = made;
  const { last_position: position } = await rowOf(anna, id);
  const see = (body: unknown) => anna.call('PUT', `/conversations/${id}/seen`, body);
  assert.equal((await see({ position })).status, 200);
  assert.deepEqual(
    [(await rowOf(anna, id)).is_unread, (await rowOf(ben, id)).is_unread],
    [false, true],
  );
  await reply(ben, id, { force: true });
  assert.equal((await rowOf(anna, id)).is_unread, false);
  await write(number, 'and?');
  assert.equal((await rowOf(anna, id)).is_unread, true);
  assert.equal((await see({ position: 2_000_000_000 })).status, 200);
  await write(number, 'hello?');
  assert.equal((await rowOf(anna, id)).is_unread, true);
  for (const wrong of [{}, { position: -1 }, { position: 1e99 }, { position: '1' }, '[', null]) {
    assert.ok([400, 422].includes((await see(wrong)).status));
  }
  assert.equal((await anna.call('PUT', '/conversations/999999/seen', { position: 1 })).status, 404);
});

test('draft: is its writer’s own, by kind, and a stale save is told so', async () => {
  const id = await begin();
  const save = (client: AppClient, body: unknown) =>
    client.call('PUT', `/conversations/${id}/draft`, body);
  assert.deepEqual((await save(anna, { kind: 'reply', body: 'Dear', version: 0 })).body, {
    version: 1,
  });
  assert.deepEqual((await save(anna, { kind: 'note', body: 'n', version: 0 })).body, {
    version: 1,
  });
  assert.deepEqual((await save(ben, { kind: 'reply', body: 'Ben’s', version: 0 })).body, {
    version: 1,
  });
  const saves = await Promise.all(
    ['one', 'two'].map((body) => save(anna, { kind: 'reply', body, version: 1 })),
  );
  assert.deepEqual(saves.map(({ status }) => status).toSorted(), [200, 409]);
  await act(ben, id, { kind: 'close' });
  const { drafts } = (await anna.get(`/conversations/${id}`)).body;
  assert.deepEqual(
    drafts.map((one: { kind: string }) => one.kind),
    ['note', 'reply'],
  );
  assert.equal((await save(anna, { kind: 'reply', body: '', version: 2 })).status, 200);
  assert.equal((await anna.get(`/conversations/${id}`)).body.drafts.length, 1);
  assert.equal((await save(anna, { kind: 'reply', body: 'new', version: 0 })).status, 200);
  for (const wrong of [
    { kind: 'x', body: '', version: 0 },
    { kind: 'note', body: 'x'.repeat(100_001), version: 0 },
  ]) {
    assert.equal((await save(anna, wrong)).status, 400);
  }
});

test('isolation: another workspace’s teammate finds nothing by id, and counts nothing', async () => {
  const { workspaceId } = await addWorkspace(database, 'inbox_elsewhere');
  const eve = await addTeammate(database, url, { role: 'owner', workspaceId });
  const id = await begin('secret words');
  for (const path of ['', '/parts', '/deliveries']) {
    assert.equal((await eve.get(`/conversations/${id}${path}`)).status, 404);
  }
  assert.deepEqual((await eve.post('/conversations/by-id', { ids: [id] })).body.conversations, []);
  assert.equal((await reply(eve, id, { force: true })).status, 404);
  assert.equal((await act(eve, id, { kind: 'close' })).status, 404);
  assert.equal((await eve.call('PUT', `/conversations/${id}/seen`, { position: 1 })).status, 404);
  const draft = { kind: 'note', body: 'x', version: 0 };
  assert.equal((await eve.call('PUT', `/conversations/${id}/draft`, draft)).status, 404);
  for (const view of [
    'all',
    'mine',
    'unassigned',
    `team-${team!.id}`,
    `tag-${tag!.id}`,
    'channel-1',
  ]) {
    assert.deepEqual(await listed(eve, `view=${view}`), [], view);
  }
  const { views, people, tags } = (await eve.get('/views')).body;
  assert.ok(views.every(({ count }: { count: number | null }) => count === null || count === 0));
  assert.ok(people.every(({ name }: { name: string }) => name !== anna.name));
  assert.deepEqual(tags, []);
});
