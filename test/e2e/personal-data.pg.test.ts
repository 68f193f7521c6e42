// The deletion of a contact removes their personal data everywhere, and nothing of others.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPool } from '../../src/database/pool.ts';
import { removalOfOldKeys } from '../../src/jobs/old-keys.ts';
import { RemovalPace } from '../../src/jobs/removal-pace.ts';
import { Removals } from '../../src/jobs/removals.ts';
import { keepLog } from '../../src/jobs/test-workspace.fixture.ts';
import { runParley } from '../cli/run-parley.ts';
import { afterAll } from '../support/after-all.ts';
import { findMarks } from '../support/find-marks.ts';
import {
  bringMarkedPerson,
  MARK,
  markedContact,
  OTHERS_MARK,
  prepareMarkedWorkspace,
} from '../support/marked-person.ts';
import { openTestDatabase } from '../support/postgres.ts';
import { startTestParley } from '../support/server.ts';
import { until } from '../support/until.ts';

const database = await openTestDatabase();
const { state } = await prepareMarkedWorkspace(database);
const PARLEY_FILES_DIR = mkdtempSync(join(tmpdir(), 'parley-files-'));
const parley = await startTestParley({ PARLEY_FILES_DIR }, database);
const { call, notify } = parley;
const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
afterAll(() => pool.end());

/** Lets so many days pass for what waits, and what is due happen. */
async function letDaysPass(days: number) {
  const earlier = `- ${days} * interval '1 day'`;
  await database.sql(
    `update erasures set requested_at = requested_at ${earlier}, due_at = due_at ${earlier}`,
  );
  await database.sql(
    `update conversation_removals set requested_at = requested_at ${earlier}, due_at = due_at ${earlier}`,
  );
  await database.sql(`update idempotency_keys set created_at = created_at ${earlier}`);
  await database.sql(`update email_guards set given_at = given_at ${earlier}`);
}

async function removeUntil(what: string, holds: () => Promise<boolean>) {
  const { log, lines } = keepLog();
  const workers = [
    new Removals({ pool, log, pace: new RemovalPace(), idlePauseMs: 50 }),
    removalOfOldKeys(pool, log),
  ];
  for (const worker of workers) worker.start();
  await until(what, holds);
  await Promise.all(workers.map((worker) => worker.stop()));
  return lines.join('');
}

const stageOf = async (contactId: string) =>
  (
    await database.sql<{ stage: string }>('select stage from erasures where contact_id = $1', [
      contactId,
    ])
  )[0]?.stage;

const isEmpty =
  (query: string, ...values: unknown[]) =>
  async () =>
    (await database.sql(query, values)).length === 0;

const person = await bringMarkedPerson(parley);
await database.sql(
  `update conversations set source = coalesce(source, '{}') || jsonb_build_object('subject', $2::text)
   where id = any($1::bigint[])`,
  [[person.alone, person.shared], `${MARK}_subject`],
);

const exportOf = (...words: string[]) =>
  runParley(['export', 'contact', ...words], {
    settings: { PARLEY_DATABASE_URL: database.url, PARLEY_FILES_DIR },
  });

test('export: has every word of the contact, and none of other contacts', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'parley-export-')), 'jane');
  const ran = await exportOf(markedContact('user').email.toUpperCase(), '--output', folder);
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /6 conversations, 1 file/);
  const text = readFileSync(join(folder, 'contact.json'), 'utf8');
  const wordOf = (found: string) => found.split(': ')[1]!;
  const words = new Set((await findMarks(database, MARK)).map(wordOf));
  assert.deepEqual(
    [...words].filter((word) => !text.toLowerCase().includes(word)),
    [],
  );
  // What the others wrote, their names and their conversations' contents.
  assert.doesNotMatch(text, new RegExp(`"body": "${OTHERS_MARK}_(shared|joined|left)`));
  const { contact, conversations, files } = JSON.parse(text);
  assert.equal(readFileSync(join(folder, 'files', files[0].id), 'utf8'), 'plain text');
  assert.equal(contact.id, person.contactId);
  const said = conversations.find(({ id }: { id: number }) => id === Number(person.joined));
  const [first] = said.parts.filter((part: object) => 'is_of_another_contact' in part);
  assert.equal(first.body, undefined);
});

test('deletion: no column of any table keeps a word of the contact', async () => {
  const { contactId, otherId, alone, led, shared, joined, left } = person;
  const markedPlaces = (await findMarks(database, MARK)).map((found) => found.split(':')[0]);
  for (const place of [
    'channel_events.event_id',
    'contacts.profile',
    'conversation_parts.body',
    'conversation_signals.trace',
    'conversations.custom_attributes',
    'delivery_attempts.detail',
    'idempotency_effects.result',
    'idempotency_keys.body',
    'notes.body',
    'outbound_events.body',
  ]) {
    assert.ok(markedPlaces.includes(place), place);
  }
  const othersBefore = await findMarks(database, OTHERS_MARK);
  const deleted = await call('DELETE', `/contacts/${contactId}`, undefined, {
    'Idempotency-Key': `${MARK}_deletion`,
  });
  assert.equal(deleted.status, 200);
  state.isFailing = false;
  // As a server leaves it that dies after the deletion, when the contact has more conversations than one step takes.
  await database.sql(
    'update conversations set other_contact_ids = other_contact_ids || $2::text where id = $1',
    [Number(joined), contactId],
  );
  await letDaysPass(1);
  await removeUntil(
    'all but the keys is removed',
    async () => (await stageOf(contactId)) === 'keys',
  );
  await until('its file is removed', isEmpty('select from files'));
  const stillKnown = (await findMarks(database, MARK)).map((found) => found.split(':')[0]);
  assert.deepEqual([...new Set(stillKnown)], ['channel_events.event_id', 'idempotency_keys.key']);

  // A repeat of the deletion and of an event are recognised, and bring nobody back.
  const again = await call('DELETE', `/contacts/${contactId}`, undefined, {
    'Idempotency-Key': `${MARK}_deletion`,
  });
  assert.deepEqual(
    [again.status, again.body],
    [200, { type: 'contact', id: contactId, external_id: null, deleted: true }],
  );
  const late = await notify('new_conversation', {
    event_id: `${MARK}_event_begin`,
    external_conversation_id: `${MARK}_thread`,
    contact: { ...markedContact('user') },
  });
  assert.equal(late.headers.get('idempotent-replayed'), 'true');

  for (const gone of [alone, led]) {
    assert.equal((await call('GET', `/conversations/${gone}`)).status, 404);
  }
  for (const [name, id] of Object.entries({ shared, joined, left })) {
    const { status, body } = await call('GET', `/conversations/${id}`);
    assert.equal(status, 200, name);
    const texts = JSON.stringify(body);
    assert.match(texts, new RegExp(`${OTHERS_MARK}_admin_${name}`));
    assert.match(texts, new RegExp(`"${OTHERS_MARK}_${name}|>${OTHERS_MARK}_${name}<`));
  }
  assert.equal((await call('GET', `/contacts/${otherId}`)).status, 200);

  await letDaysPass(8);
  await removeUntil('everything is removed', async () => (await stageOf(contactId)) === 'done');
  await removeUntil('old keys are removed', isEmpty('select from idempotency_keys'));
  assert.deepEqual(await findMarks(database, MARK), []);
  // The bare id stays where others need it, and nowhere else: a new table that names contacts must be thought of.
  const places = (await findMarks(database, contactId)).map((found) => found.split(':')[0]);
  assert.deepEqual(places, [
    'audit_log.object_id',
    'audit_log.related_id',
    'contacts.id',
    'contacts.merged_into',
    'conversation_parts.author_id',
    'conversations.begun_by',
    'conversations.source',
    'erasures.contact_id',
  ]);
  // What others and teammates said is there. The bot's words in shared conversations, the log and stored responses go.
  const kept = (found: string) =>
    /^(contacts|conversations|conversation_parts|channel_events)\./.test(found) &&
    !/^conversation_parts\.\w+: zqother_\d+$/.test(found);
  assert.deepEqual(
    (await findMarks(database, OTHERS_MARK)).filter(kept),
    othersBefore.filter(kept),
  );
  const keys = [alone, led].map(Number);
  for (const query of [
    'select from conversation_keys where conversation_id = any($1)',
    'select from delivery_lanes where conversation_id = any($1)',
    'select from conversations where id = any($1)',
    'select from conversation_removals where conversation_id = any($1) or true',
    'select from email_guards where $1::bigint[] is not null',
  ]) {
    assert.deepEqual(await database.sql(query, [keys]), [], query);
  }
});

test('export: names what is missing or ambiguous', async () => {
  const unknown = await exportOf('nobody@example.com');
  assert.deepEqual([unknown.code, unknown.out], [1, '']);
  assert.match(unknown.err, /no contact "nobody@example.com"/);
  const same = { email: 'same@example.com' };
  for (const name of ['same_1', 'same_2']) {
    await notify('new_conversation', {
      contact: { type: 'user', external_id: name, name, ...same },
    });
  }
  const both = await exportOf('same@example.com');
  assert.equal(both.code, 1);
  assert.match(both.err, /several contacts .* name one by its id: \w{24}, \w{24}/);
  const existing = await exportOf('same_1', '--output', tmpdir());
  assert.equal(existing.code, 2);
  assert.match(existing.err, /exists already/);
});
