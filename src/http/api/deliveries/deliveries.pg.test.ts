// Deliveries over HTTP: what operators see of outbound events, and what they do with them.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { addConversation, addEvent, untilSettled } from '../../../../test/e2e/event-log-rows.ts';
import { startReceiver } from '../../../../test/support/callback-receiver.ts';
import { SECRET_KEY, startTestParley } from '../../../../test/support/server.ts';
import { until } from '../../../../test/support/until.ts';
import { sha256Hex } from '../../../base/random.ts';
import { SecretBox } from '../../../base/seal.ts';

const { call: callAs, notify, database } = await startTestParley();
const OPERATOR = 'parley_token_of_an_operator_0123456789';
await database.sql(
  `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint, scopes)
   values (1, null, 1, 'operations', decode($1, 'hex'), '6789', '{manage}')`,
  [sha256Hex(OPERATOR)],
);
const headers = { authorization: `Bearer ${OPERATOR}` };
const call = (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
  callAs(method, `/parley/v1/${path}`, body, { ...headers, ...more });

const receiver = await startReceiver(({ text }, response) =>
  response.writeHead(text.includes('unwanted') ? 422 : 200).end('said the app'),
);
const secret = new SecretBox(SECRET_KEY).seal(
  `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  'callback secret 1 1',
);
await database.sql(
  `insert into channel_callbacks (workspace_id, channel_id, url, secret_sealed, allowed_cidrs)
   values (1, 1, $1, $2, '{127.0.0.0/8}')`,
  [receiver.url, secret],
);
/** A channel whose events nothing sends: its rows stay as they are. */
const [quiet] = await database.sql<{ id: number }>(
  "insert into channels (workspace_id, name) values (1, 'quiet') returning id",
);
const quietChannel = { workspaceId: 1, channelId: quiet!.id };

// biome-ignore lint/suspicious/noExplicitAny: tests read bodies without types.
type Row = Record<string, any>;

const list = async (query: string): Promise<{ data: Row[]; next: string | null }> => {
  const { status, body } = await call('GET', `deliveries?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

/** Walks through all pages. @returns the event ids. */
async function walk(query: string, perPage = 3): Promise<string[]> {
  const ids: string[] = [];
  let next: string | null = '';
  for (let pages = 0; next !== null; pages += 1) {
    assert.ok(pages < 100, 'the pages end');
    const page: { data: Row[]; next: string | null } = await list(
      `${query}&per_page=${perPage}&starting_after=${next}`,
    );
    ids.push(...page.data.map(({ event_id: id }) => id));
    next = page.next;
  }
  return ids;
}

let conversationId: string;
before(async () => {
  const { body } = await notify('new_conversation', { external_conversation_id: 'talk' });
  conversationId = body.conversation_id;
  for (const said of ['Hello', 'unwanted', 'Bye']) {
    const reply = { message_type: 'comment', type: 'admin', admin_id: '1', body: said };
    await callAs('POST', `/conversations/${conversationId}/reply`, reply);
  }
  await until('the app got all', async () => receiver.received.length >= 3);
  await until('all is recorded', async () => {
    const { data } = await list(`conversation_id=${conversationId}`);
    return data.length === 3 && data.every(({ attempts }) => attempts > 0);
  });
});

test('list: shows all that a page needs of delivered events and dead letters', async () => {
  const { data } = await list('state=given_up');
  assert.equal(data.length, 1);
  const { event_id: id, created_at, last_attempt, dead_letter, ...rest } = data[0]!;
  assert.deepEqual(rest, {
    type: 'delivery',
    event_name: 'new_message',
    conversation_id: conversationId,
    external_conversation_id: 'talk',
    sequence: 2,
    channel: { type: 'channel', id: '1', name: 'default' },
    state: 'given_up',
    in_flight: false,
    next_attempt_at: null,
    behind: null,
    attempts: 1,
  });
  assert.equal(new Date(created_at).toISOString(), created_at);
  assert.deepEqual(
    [last_attempt.outcome, last_attempt.status, last_attempt.response],
    ['parked', 422, 'said the app'],
  );
  assert.deepEqual(
    [dead_letter.reason, dead_letter.discarded_at, dead_letter.resend_requested],
    ['status 422', null, false],
  );
  const delivered = await list('state=delivered&channel_id=1');
  assert.deepEqual(
    delivered.data.map(({ sequence }) => sequence),
    [3, 1],
  );
  const shown = await call('GET', `deliveries/${id}`);
  assert.equal(shown.status, 200);
  assert.equal(shown.body.history.length, 1);
  assert.deepEqual(shown.body.history[0], last_attempt);
  assert.equal(shown.body.event.event_id, id);
  assert.deepEqual((await call('GET', `deliveries/notif_${id}`)).body, shown.body);
});

test('show: finds no event by an id that only resembles one', async () => {
  const [{ event_id: id }] = (await list('state=delivered')).data as [Row];
  const later = id.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0'));
  for (const wrong of [later, 'abc', '%00', `${id}0`, 'x'.repeat(3000), '%F0%9F']) {
    assert.equal((await call('GET', `deliveries/${wrong}`)).status, 404, wrong);
  }
});

test('list: pages through each state once, in its order, with every filter', async () => {
  const waiting: string[] = [];
  const [given, discarded, resending, kept]: string[][] = [[], [], [], []];
  for (let talk = 0; talk < 3; talk += 1) {
    const conversation = await addConversation(database, quietChannel);
    const ids: string[] = [];
    for (let n = 0; n < 8; n += 1) ids.push(await addEvent(database, conversation, `${n}`));
    // 1 and 2 are dead, 3 discarded, 4 is sent again, 5 was delivered, 6 to 8 wait.
    const { conversationId: id } = conversation;
    await database.sql(
      `insert into delivery_lanes (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
       values (1, $1, $2, 6, 8, now() + $3 * interval '1 hour')`,
      [id, quiet!.id, talk + 1],
    );
    await database.sql(
      `insert into dead_letters (workspace_id, conversation_id, sequence, channel_id, reason, parked_at, discarded_at)
       select 1, $1, s, $2, 'status 400', now() + s * interval '1 second' + $3 * interval '1 minute',
         case when s = 3 then now() end
       from generate_series(1, 3) s`,
      [id, quiet!.id, talk],
    );
    await database.sql(
      'insert into delivery_resends (workspace_id, conversation_id, sequence) values (1, $1, 4)',
      [id],
    );
    waiting.push(...ids.slice(5));
    given!.unshift(ids[1]!, ids[0]!);
    discarded!.push(ids[2]!);
    resending!.push(ids[3]!);
  }
  const bare = await addConversation(database, quietChannel);
  for (let n = 0; n < 4; n += 1) kept!.unshift(await addEvent(database, bare));
  const of = `channel_id=${quiet!.id}`;
  assert.deepEqual(await walk(`${of}&state=waiting`), waiting);
  assert.deepEqual(await walk(`${of}&state=given_up`), given);
  assert.deepEqual(await walk(`${of}&state=discarded`, 1), discarded);
  assert.deepEqual(await walk(`${of}&state=resending`, 1), resending);
  assert.deepEqual(await walk(`${of}&state=kept`), kept);
  assert.equal((await walk(`${of}&state=delivered`)).length, 3);
  assert.equal((await walk(of)).length, 28);
  assert.equal(new Set(await walk('event_name=new_message', 4)).size, 31);
  assert.deepEqual(await walk(`conversation_id=${bare.conversationId}`), kept);
  assert.deepEqual(await walk(`conversation_id=${bare.conversationId}&state=waiting`), []);
  assert.deepEqual(await walk(`${of}&event_name=status_updated`), []);
  assert.equal((await walk(`${of}&event_name=new_message`, 10)).length, 28);
  const [row] = (await list(`${of}&state=waiting&per_page=2`)).data.slice(1);
  assert.equal(row!.behind, waiting[0]);
  assert.equal(row!.next_attempt_at, null, 'the channel has no callback');
});

test('list: finds events of a time among many, and ends there', async () => {
  const conversation = await addConversation(database, quietChannel);
  // One event each ten minutes, in the order of the log; the newest was a day ago.
  await database.sql(
    `insert into outbound_events (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
     select 1, $1, n, $2, case when n % 100 = 0 then 'rare' else 'usual' end, '{}', n,
       now() - interval '1 day' - (6000 - n) * interval '10 minutes'
     from generate_series(1, 6000) n`,
    [conversation.conversationId, quiet!.id],
  );
  const time = (hours: number) =>
    new Date(Date.now() - 86_400_000 - hours * 3_600_000).toISOString();
  const of = `channel_id=${quiet!.id}&until=${time(500)}`;
  const { data } = await list(`${of}&since=${time(501)}`);
  assert.equal(data.length, 6);
  assert.equal(await countOf(`${of}&since=${time(510)}`), 60);
  assert.equal(await countOf(`channel_id=${quiet!.id}&event_name=rare`), 60);
  assert.deepEqual((await list(`${of}&since=${time(499)}`)).data, []);
  const first = await list(`channel_id=${quiet!.id}&event_name=absent`);
  assert.deepEqual(first.data, []);
  assert.notEqual(first.next, null, 'a page examines no more than a part of the log');
  await database.sql('delete from outbound_events where conversation_id = $1', [
    conversation.conversationId,
  ]);
});

const countOf = async (query: string) => (await walk(query, 50)).length;

test('resend: counts first, sends once for each key, and leaves an audit entry', async () => {
  const [{ event_id: id }] = (await list('state=delivered&channel_id=1')).data as [Row];
  const before_ = receiver.received.length;
  const dry = await call('POST', 'deliveries/resend', { event_ids: [id], dry_run: true });
  assert.deepEqual(dry.body, {
    type: 'resend',
    dry_run: true,
    requested: 1,
    upcoming: 0,
    without_callback: 0,
    next: null,
  });
  assert.equal(receiver.received.length, before_);
  const key = { 'idempotency-key': 'resend_once' };
  const done = await Promise.all(
    [1, 2, 3].map(() => call('POST', 'deliveries/resend', { event_ids: [id] }, key)),
  );
  for (const { status, body } of done) assert.deepEqual([status, body.requested], [200, 1]);
  await receiver.until('it came again', () => receiver.received.length > before_);
  const { body: audit } = await call('GET', 'audit?action=event.resend_requested');
  assert.equal(audit.data.length, 1);
  assert.equal(audit.data[0].actor.token.name, 'operations');
  assert.deepEqual(audit.data[0].details.events, [`${conversationId} #3`]);
});

test('resend since a time: goes through a long log in pages', async () => {
  const [channel] = await database.sql<{ id: number }>(
    "insert into channels (workspace_id, name) values (1, 'long') returning id",
  );
  const conversation = await addConversation(database, {
    workspaceId: 1,
    channelId: channel!.id,
  });
  await database.sql(
    `insert into outbound_events (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
     select 1, $1, n, $2, 'new_message', '{}', 1, now() - interval '1 minute'
     from generate_series(1, 2500) n`,
    [conversation.conversationId, channel!.id],
  );
  await untilSettled(database);
  const body = { since: new Date(Date.now() - 3_600_000).toISOString(), channel_id: channel!.id };
  const counts: number[] = [];
  for (let next: string | null = null, first = true; first || next !== null; first = false) {
    const asked = next === null ? body : { ...body, starting_after: next };
    const page: Row = (await call('POST', 'deliveries/resend', asked)).body;
    counts.push(page.without_callback);
    next = page.next;
  }
  assert.deepEqual(counts, [1000, 1000, 500]);
});

test('dead letters: are grouped, sent again, and discarded by their reason', async () => {
  const { body: groups } = await call('GET', 'dead_letters/groups?channel_id=1');
  const [{ oldest_at: oldest, ...group }] = groups.data;
  assert.deepEqual(
    [group.reason, group.events, group.conversations, group.channel.name],
    ['status 422', 1, 1, 'default'],
  );
  assert.equal(group.newest_at, oldest);
  const all = { all: true, channel_id: '1' };
  const counted = await call('POST', 'dead_letters/resend', { ...all, dry_run: true });
  assert.equal(counted.body.requested, 1);
  const other = await call('POST', 'dead_letters/resend', { ...all, reason: 'status 400' });
  assert.equal(other.body.requested, 0);
  const rejected = receiver.received.length;
  await call('POST', 'dead_letters/resend', all);
  await receiver.until('it came again', () => receiver.received.length > rejected);
  const of = { all: true, channel_id: quiet!.id, reason: 'status 400' };
  const dry = await call('POST', 'dead_letters/discard', { ...of, dry_run: true });
  assert.deepEqual([dry.body.discarded, dry.body.dry_run], [6, true]);
  const old = await call('POST', 'dead_letters/discard', { ...of, older_than_seconds: 86_400 });
  assert.equal(old.body.discarded, 0);
  const key = { 'idempotency-key': 'discard_once' };
  for (let tries = 0; tries < 2; tries += 1) {
    const { body } = await call('POST', 'dead_letters/discard', of, key);
    assert.deepEqual([body.discarded, body.has_more], [6, false]);
  }
  assert.equal((await walk(`channel_id=${quiet!.id}&state=discarded`)).length, 9);
  const [{ details }] = (await call('GET', 'audit?action=dead_letter.discarded')).body.data;
  assert.deepEqual([details.count, details.reason], [6, 'status 400']);
});

test('dead letters: an event that is none is neither sent again nor discarded', async () => {
  const [{ event_id: id }] = (await list('state=delivered&channel_id=1')).data as [Row];
  for (const action of ['resend', 'discard']) {
    const { status, body } = await call('POST', `dead_letters/${action}`, { event_ids: [id] });
    assert.deepEqual([status, body.errors[0].field], [404, 'event_ids']);
    assert.match(body.errors[0].message, new RegExp(id));
  }
});

test('send now: makes a lane due, and tells of the callback', async () => {
  const of = { channel_id: String(quiet!.id) };
  const { body } = await call('POST', 'deliveries/send_now', of);
  assert.deepEqual([body.conversations, body.events], [3, 9]);
  assert.equal(body.callbacks[0].state, 'none');
  const [{ event_id: id }] = (await list('state=delivered&channel_id=1')).data as [Row];
  const named = await call('POST', 'deliveries/send_now', { event_ids: [id] });
  assert.deepEqual(named.body.event_states, [{ event_id: id, state: 'delivered' }]);
  assert.equal(named.body.callbacks[0].channel.name, 'default');
  const talk = await call('POST', 'deliveries/send_now', { conversation_id: conversationId });
  assert.equal(talk.status, 200);
  const unknown = await call('POST', 'deliveries/send_now', { conversation_id: 999_999 });
  assert.deepEqual([unknown.status, unknown.body.errors[0].message], [404, 'No such conversation']);
});

test('events: an id with the time of another event is unknown, and nothing is sent', async () => {
  const [{ event_id: id }, { event_id: other }] = (await list('state=waiting')).data as [Row, Row];
  const wrong = `00000000${id.slice(8)}`;
  const { total } = await sends();
  for (const action of ['resend', 'send_now']) {
    const body = { event_ids: [other, wrong] };
    const response = await call('POST', `deliveries/${action}`, body);
    assert.equal(response.status, 404, action);
    assert.equal(response.body.errors[0].message, `No such event: ${wrong}`);
  }
  assert.deepEqual(await sends(), { total });
});

/** Counts the requests to send in the audit log. */
async function sends() {
  const [row] = await database.sql<{ total: number }>(
    `select count(*)::int as total from audit_log
     where action in ('event.resend_requested', 'event.send_now_requested')`,
  );
  return row!;
}

test('backlog: names each callback, its state and what waits', async () => {
  const { body } = await call('GET', 'deliveries/backlog');
  assert.equal(body.data.length, 1);
  const [{ channel, callback_state: state, waiting }] = body.data;
  assert.deepEqual([channel.name, state, waiting.conversations], ['default', 'healthy', 0]);
});

test('deliveries: reject what is wrong, each with its field, and change nothing', async () => {
  for (const [query, field] of [
    ['state=lost', 'state'],
    ['state=waiting&state=kept', 'state'],
    ['since=yesterday', 'since'],
    ['until=2026-99-99', 'until'],
    ['per_page=0', 'per_page'],
    ['per_page=151', 'per_page'],
    ['starting_after=abc', 'starting_after'],
    [`starting_after=${'x'.repeat(5000)}`, 'starting_after'],
    ['channel_id=a&channel_id=b', 'channel_id'],
  ] as const) {
    const { status, body } = await call('GET', `deliveries?${query}`);
    assert.deepEqual([status, body.errors[0].field], [400, field], query);
  }
  const { next } = await list('per_page=1');
  assert.equal((await call('GET', `deliveries?state=waiting&starting_after=${next}`)).status, 400);
  const forged = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  for (const id of ['1.99999999999', '99999999999999999999.1', '1', '\u0000.1', '-1.2', 7]) {
    const cursor = forged([1, 'log', 1, id, 1]);
    assert.equal(
      (await call('GET', `deliveries?starting_after=${cursor}`)).status,
      400,
      String(id),
    );
  }
  for (const query of ['channel_id=999', 'channel_id=%00', `channel_id=${'9'.repeat(300)}`]) {
    assert.equal((await call('GET', `deliveries?${query}`)).status, 404, query);
  }
  for (const odd of ['event_name=%00', 'conversation_id=x', 'event_name=%F0%9F', 'state=']) {
    assert.equal((await call('GET', `deliveries?per_page=1&${odd}`)).status, 200, odd);
  }
  for (const [path, body, status] of [
    ['deliveries/resend', {}, 400],
    ['deliveries/resend', { event_ids: [] }, 400],
    ['deliveries/resend', { event_ids: ['x'] }, 404],
    ['deliveries/resend', { event_ids: ['\u0000\ud800'] }, 404],
    ['deliveries/resend', { event_ids: Array(1001).fill('x') }, 400],
    ['deliveries/resend', { event_ids: 'x' }, 422],
    ['deliveries/resend', { since: '2026-01-01' }, 400],
    ['deliveries/resend', { since: '2026-01-01', channel_id: '9' }, 404],
    ['deliveries/resend', { since: 'x', channel_id: '1' }, 400],
    ['deliveries/resend', { since: '2026-01-01', channel_id: '1', starting_after: 'x' }, 400],
    ['deliveries/send_now', {}, 400],
    ['deliveries/send_now', { channel_id: '1', conversation_id: '1' }, 400],
    ['deliveries/send_now', { channel_id: 2 ** 53 }, 400],
    ['deliveries/send_now', { conversation_id: 999_999 }, 404],
    ['dead_letters/resend', { all: false }, 400],
    ['dead_letters/resend', { all: true, event_ids: ['x'] }, 400],
    ['dead_letters/discard', { all: true, older_than_seconds: -1 }, 400],
    ['dead_letters/discard', { all: true, older_than_seconds: 1.5 }, 422],
    ['dead_letters/discard', { all: true, reason: '\u0000 \ud800', dry_run: true }, 200],
  ] as const) {
    const got = await call('POST', path, body);
    assert.equal(got.status, status, `${path} ${JSON.stringify(body)} ${JSON.stringify(got.body)}`);
  }
});
