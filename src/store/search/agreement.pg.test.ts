// Memory and SQL agree: for random rows and random queries the evaluator and the compiled SQL find the same rows, in a
// real PostgreSQL, as the role that serves requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase } from '../../../test/support/postgres.ts';
import { steadyClock } from '../../base/clock.ts';
import type { Contact, Conversation, Json } from '../../core/model/model.ts';
import type { Statistics } from '../../core/model/statistics.ts';
import { operators } from '../../core/search/condition.ts';
import { contactTable } from '../../core/search/contact-fields.ts';
import {
  conversationTable,
  type SearchedConversation,
} from '../../core/search/conversation-fields.ts';
import { holds } from '../../core/search/evaluate.ts';
import { findField, type StoredTable, withDays } from '../../core/search/fields.ts';
import { readQuery } from '../../core/search/query.ts';
import { type Connection, openPool } from '../../database/pool.ts';
import { contactColumns, findContacts } from '../resources/contacts.ts';
import { conversationColumns, findSpeakers } from '../resources/conversations.ts';
import { readAs } from '../sql/row-level-security.ts';
import { findListedContacts } from './find-contacts.ts';
import { findConversations, type ListRequest } from './find-conversations.ts';
import { isSortable, nameOfSort, type Page } from './page.ts';
import { RowCounts } from './row-counts.ts';

const database = await openTestDatabase();
const pool = openPool(database.target, 'read', { max: 1, onError: () => {} });
afterAll(() => pool.end());
const counts = new RowCounts(steadyClock);

const texts = [
  ...[
    '',
    'a',
    'A',
    'Ä',
    'ä',
    'İ',
    'i̇',
    'ΑΣ',
    'ας',
    'ß',
    'ﬁ',
    '😀x',
    '\ufffd',
    'x_y',
    'x-y',
    '%',
    '\\',
  ],
  ...[
    'I need support',
    'NEED support',
    'need',
    'support.',
    '5',
    '5.0',
    ' 5 ',
    '+5',
    '5.',
    'true',
    'false',
  ],
  ...[
    '1e3',
    'null',
    'Ada',
    'ada@Mail.example',
    'ADA@mail.example',
    'b@other.example',
    '2026-01-01',
  ],
];
const midnight = Date.UTC(2026, 5, 1) / 1000;
const seconds = [
  midnight - 1,
  midnight,
  midnight + 1,
  midnight + 43_200,
  midnight + 86_399,
  midnight + 86_400,
];

const text = fc.constantFrom(...texts);
const nullableText = fc.option(text);
const at = fc
  .tuple(fc.constantFrom(...seconds), fc.constantFrom(0, 0.25, 0.999))
  .map(([s, part]) => s + part);
const nullableAt = fc.option(at);
const smallId = fc.integer({ min: 1, max: 4 });
const contactIds = ['1', '2', '3', '4'].map((digit) => digit.repeat(24));
const contactId = fc.constantFrom(...contactIds);
const number = fc.constantFrom(
  midnight,
  midnight + 43_200,
  0,
  5,
  -1,
  0.1,
  5.5,
  1e21,
  1e-7,
  1e300,
  123_456_789_012,
);
const scalar: fc.Arbitrary<Json> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const attribute: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.constant({ a: 5 }),
);
const attributes = fc.dictionary(fc.constantFrom('plan', 'a b.c', 'ü'), attribute, {
  noNullPrototype: true,
});

const contactRow = fc.record({
  role: fc.constantFrom('user', 'lead'),
  name: nullableText,
  email: nullableText,
  phone: nullableText,
  external_id: fc.constant(null),
  profile: fc.constantFrom(
    {},
    { ownerId: 2, lastSeenAt: midnight * 1000 + 5, isUnsubscribedFromEmails: true },
    { languageOverride: 'a' },
  ),
  custom_attributes: attributes,
  tag_ids: fc.uniqueArray(smallId, { maxLength: 3 }),
  signed_up_at: nullableAt,
  last_replied_at: nullableAt,
  created_at: at,
  updated_at: at,
});

const moment = at.map((s) => Math.round(s * 1000));
const statisticsValue = fc.record(
  {
    firstAssignmentAt: moment,
    lastAssignmentAt: moment,
    assignmentCount: fc.integer({ min: 1, max: 3 }),
    assignmentBeforeReplyAt: moment,
    firstAdminReplyAt: moment,
    lastAdminReplyAt: moment,
    lastAssignmentAdminReplyAt: moment,
    firstCloseAt: moment,
    lastCloseAt: moment,
    lastClosedById: smallId.map(String),
    waits: fc.constant([5]),
    medianWait: fc.integer({ min: 0, max: 3 }),
  } satisfies Record<keyof Statistics, unknown>,
  { requiredKeys: [], noNullPrototype: true },
);

const sourceValue = fc.oneof(
  fc.record(
    { contactId, subject: text, hasMessage: fc.constant(true) },
    { requiredKeys: [], noNullPrototype: true },
  ),
  // There is no fourth teammate.
  fc.record(
    { adminId: smallId, subject: text, hasMessage: fc.constant(true) },
    { requiredKeys: ['adminId', 'hasMessage'], noNullPrototype: true },
  ),
);

const conversationRow = fc.record({
  contact_id: contactId,
  source: fc.option(sourceValue),
  other_contact_ids: fc.uniqueArray(contactId, { maxLength: 2 }),
  state: fc.constantFrom('open', 'closed', 'snoozed'),
  is_read: fc.boolean(),
  is_priority: fc.boolean(),
  title: nullableText,
  admin_assignee_id: fc.option(smallId),
  team_assignee_id: fc.option(smallId),
  custom_attributes: attributes,
  waiting_since: nullableAt,
  snoozed_until: nullableAt,
  first_contact_reply_at: nullableAt,
  last_contact_reply_at: nullableAt,
  count_reopens: fc.integer({ min: 0, max: 3 }),
  statistics: fc.option(statisticsValue),
  part_count: fc.integer({ min: 0, max: 3 }),
  tag_ids: fc.uniqueArray(smallId, { maxLength: 3 }),
  created_at: at,
  updated_at: at,
  speakers: fc.array(fc.record({ id: smallId, body: nullableText, isRedacted: fc.boolean() }), {
    maxLength: 2,
  }),
});

const rows = fc.record({
  contacts: fc.tuple(contactRow, contactRow, contactRow, contactRow),
  conversations: fc.array(conversationRow, { maxLength: 12 }),
  /** Whether the fourth contact, a lead, was merged into the first. */
  isMerged: fc.boolean(),
});
type Rows = typeof rows extends fc.Arbitrary<infer Value> ? Value : never;

/** Generates values that mostly fit a type, and some that do not. */
const valuesOfTypes: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  text: fc.oneof(text, contactId, fc.constantFrom('open', 'user', 'priority', null)),
  words: fc.oneof(text, fc.constant(null)),
  id: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom('1', 'x', '01', null)),
  list: fc.oneof(smallId, contactId, fc.constantFrom('1', '11', null)),
  number: fc.oneof(smallId, fc.constantFrom<Json>('2', 0, null)),
  boolean: fc.constantFrom<Json>(true, false, 'true', 'false', null),
  time: fc.oneof(
    fc.constantFrom<Json>(...seconds),
    fc.constantFrom<Json>(String(midnight), -1e15, 1e15, null),
  ),
  any: scalar,
};

function queryOf<Source>(table: StoredTable<Source>): fc.Arbitrary<object> {
  const names = [
    ...table.fields.keys(),
    ...(table.fields.has('conversation_parts.body')
      ? Array(6).fill('conversation_parts.body')
      : []),
    ...['plan', 'a b.c', 'ü', 'none'].flatMap((name) => Array(4).fill(`custom_attributes.${name}`)),
  ];
  const filter = fc.constantFrom(...names).chain((field) => {
    const value = valuesOfTypes[findField(table, field)?.type ?? 'any']!;
    return fc.constantFrom(...operators).chain((operator) =>
      fc.record({
        field: fc.constant(field),
        operator: fc.constant(operator),
        value: operator === 'IN' || operator === 'NIN' ? fc.array(value, { maxLength: 3 }) : value,
      }),
    );
  });
  const group = (inner: fc.Arbitrary<object>) =>
    fc.record({
      operator: fc.constantFrom('AND', 'OR'),
      value: fc.array(inner, { minLength: 1, maxLength: 3 }),
    });
  return fc.oneof(
    { weight: 3, arbitrary: filter },
    group(filter),
    group(fc.oneof(filter, group(filter))),
  );
}

let workspaceId = 1;

/** Stores rows in a separate workspace. */
async function store({ contacts, conversations, isMerged }: Rows): Promise<void> {
  workspaceId += 1;
  await database.sql('insert into workspaces (id, name) overriding system value values ($1, $2)', [
    workspaceId,
    `w${workspaceId}`,
  ]);
  await database.sql(
    `insert into tags (workspace_id, id, name) overriding system value
    select $1, n, 'tag ' || n from generate_series(1, 3) as n`,
    [workspaceId],
  );
  await database.sql(
    `insert into admins (workspace_id, id, name, email) overriding system value
    select $1, n, name, name || '@Mail.example' from unnest('{Ada,İ,b}'::text[]) with ordinality as t(name, n)`,
    [workspaceId],
  );
  const times = (row: object) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        /_(at|since|until)$/.test(name) && value !== null
          ? new Date((value as number) * 1000).toISOString()
          : value,
      ]),
    );
  const people = contacts.map((contact, index) => ({
    ...times(contact),
    workspace_id: workspaceId,
    id: contactIds[index],
    merged_into: isMerged && index === 3 ? contactIds[0] : null,
    created_by_signal: 1,
  }));
  await database.sql(
    `insert into contacts (workspace_id, id, role, name, email, phone, external_id, profile,
      custom_attributes, tag_ids, signed_up_at, last_replied_at, created_at, updated_at, merged_into, created_by_signal)
    select workspace_id, id, role, name, email, phone, external_id, profile, custom_attributes, tag_ids, signed_up_at,
      last_replied_at, created_at, updated_at, merged_into, created_by_signal
    from jsonb_populate_recordset(null::contacts, $1)`,
    [JSON.stringify(people)],
  );
  const talks = conversations.map(({ speakers, ...row }, index) => ({
    ...times(row),
    workspace_id: workspaceId,
    id: index + 1,
    channel_id: 1,
    external_id: `e${index}`,
    created_by_signal: 1,
  }));
  const columns = Object.keys(talks[0] ?? {}).join(', ');
  if (talks.length === 0) return;
  await database.sql(
    `insert into conversations (${columns}) select ${columns}
    from jsonb_populate_recordset(null::conversations, $1)`,
    [JSON.stringify(talks)],
  );
  const parts = conversations.flatMap(({ speakers }, index) =>
    speakers.map(({ id, body, isRedacted }, position) => ({
      conversation_id: index + 1,
      position: position + 1,
      id: position + 1,
      author_id: String(id),
      body,
      is_redacted: isRedacted,
    })),
  );
  await database.sql(
    `insert into conversation_parts (workspace_id, conversation_id, position, id, part_type, author_type,
      author_id, body, is_redacted, state, created_at, created_by_signal)
    select $2, conversation_id, position, id, 'comment', 'admin', author_id, body, is_redacted, 'open', now(), 1
    from jsonb_populate_recordset(null::conversation_parts, $1)`,
    [JSON.stringify(parts), workspaceId],
  );
}

const as = <Result>(read: (connection: Connection) => Promise<Result>) =>
  readAs(pool, workspaceId, read);

async function readContacts(connection: Connection): Promise<readonly Contact[]> {
  const { rows: found } = await connection.query<Contact>(
    `select ${contactColumns('c')} from contacts c where workspace_id = $1 and merged_into is null`,
    [workspaceId],
  );
  return found.map((one) => ({ ...one, tagIds: one.tagIds.filter((id) => id <= 3) }));
}

type SourceAuthor = SearchedConversation['author'];

function authorOf(
  { source, contactId: first }: Conversation,
  people: ReadonlyMap<string, Contact>,
  admins: readonly SourceAuthor[],
): SourceAuthor {
  if (source?.adminId === undefined) {
    const { id, role: type, name, email } = people.get(source?.contactId ?? first)!;
    return { id, type, name, email };
  }
  const id = String(source.adminId);
  const found = admins.find((one) => one.id === id);
  return found ?? { id, type: 'admin', name: null, email: null };
}

/** Reads conversations in the form that the field table reads. */
async function readConversations(connection: Connection) {
  const { rows: found } = await connection.query<Conversation>(
    `select ${conversationColumns('v')} from conversations v where workspace_id = $1`,
    [workspaceId],
  );
  const people = await findContacts(connection, workspaceId, contactIds);
  const speakers = await findSpeakers(
    connection,
    workspaceId,
    found.map(({ id }) => id),
  );
  const { rows: admins } = await connection.query<SourceAuthor>(
    `select id::text, 'admin' as type, name, email from admins where workspace_id = $1`,
    [workspaceId],
  );
  const { rows: said } = await connection.query<{ id: number; position: number; body: string }>(
    `select conversation_id as id, position, body from conversation_parts
     where workspace_id = $1 and body is not null and not is_redacted`,
    [workspaceId],
  );
  const followed = (id: string) => people.get(id)!.id;
  return found.map((one) => ({
    conversation: {
      ...one,
      contactId: followed(one.contactId),
      otherContactIds: one.otherContactIds.map(followed),
      tagIds: one.tagIds.filter((id) => id <= 3),
    },
    author: authorOf(one, people, admins),
    sourceBody:
      (one.source?.hasMessage &&
        said.find(({ id, position }) => id === one.id && position === 1)?.body) ??
      null,
    bodies: said.filter(({ id }) => id === one.id).map(({ body }) => body),
    teammateIds: [
      ...(speakers.get(one.id) ?? []),
      ...(one.adminAssigneeId === null ? [] : [String(one.adminAssigneeId)]),
    ],
  }));
}

const all: Omit<ListRequest, 'condition'> = {
  sort: { field: 'created_at', isDescending: true },
  after: null,
  offset: 0,
  rowsMax: 150,
};

const sorted = (ids: readonly (string | number)[]) => ids.map(String).toSorted();

const isDate = { name: 'ü', dataType: 'date' } as const;
const datedContactTable = withDays(contactTable, [{ model: 'contact', ...isDate }], 'contact');
const datedTable = withDays(
  conversationTable,
  [{ model: 'conversation', ...isDate }],
  'conversation',
);

test('search: memory and SQL find the same contacts', async () => {
  const property = fc.asyncProperty(
    rows,
    fc.array(queryOf(datedContactTable), { minLength: 25, maxLength: 40 }),
    async (given, queries) => {
      await store(given);
      await as(async (connection) => {
        const present = await readContacts(connection);
        for (const query of queries) {
          const { condition } = readQuery(query, datedContactTable);
          if (condition === null) continue;
          const { page, totalCount } = await findListedContacts(
            connection,
            workspaceId,
            { ...all, condition },
            counts,
            datedContactTable,
          );
          const expected = present.filter((one) => holds(condition, datedContactTable, one));
          assert.deepEqual(
            sorted(page.rows.map(({ id }) => id)),
            sorted(expected.map(({ id }) => id)),
            JSON.stringify(query),
          );
          assert.equal(totalCount, expected.length);
        }
      });
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

test('search: memory and SQL find the same conversations', async () => {
  const property = fc.asyncProperty(
    rows,
    fc.array(queryOf(datedTable), { minLength: 25, maxLength: 40 }),
    async (given, queries) => {
      await store(given);
      await as(async (connection) => {
        const present = await readConversations(connection);
        for (const query of queries) {
          const { condition } = readQuery(query, datedTable);
          if (condition === null) continue;
          const { page, totalCount } = await findConversations(
            connection,
            workspaceId,
            { ...all, condition },
            counts,
            datedTable,
          );
          const expected = present.filter((one) => holds(condition, datedTable, one));
          assert.deepEqual(
            sorted(page.rows.map(({ id }) => id)),
            sorted(expected.map(({ conversation }) => conversation.id)),
            JSON.stringify(query),
          );
          assert.equal(totalCount, expected.length);
        }
      });
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

test('search: a walk in small pages is the same as one large page, in any order', async () => {
  const fields = [...conversationTable.fields.keys()].filter((name) =>
    isSortable(conversationTable, name),
  );
  const sort = fc.record({ field: fc.constantFrom(...fields), isDescending: fc.boolean() });
  const property = fc.asyncProperty(
    rows,
    fc.array(sort, { minLength: 8, maxLength: 8 }),
    async (given, sorts) => {
      await store(given);
      await as(async (connection) => {
        for (const one of sorts) {
          const request = { ...all, condition: null, sort: one };
          const whole = (await findConversations(connection, workspaceId, request, counts)).page
            .rows;
          const walked: Conversation[] = [];
          let end: Page<Conversation>['end'] | undefined;
          for (let page = 2; end !== null; page += 1) {
            const after = end === undefined ? null : { ...end, sort: nameOfSort(one), page };
            const next = await findConversations(
              connection,
              workspaceId,
              { ...request, after, rowsMax: 3 },
              counts,
            );
            walked.push(...next.page.rows);
            end = next.page.end;
          }
          assert.deepEqual(
            walked.map(({ id }) => id),
            whole.map(({ id }) => id),
            nameOfSort(one),
          );
        }
      });
    },
  );
  await fc.assert(property, { numRuns: 15 });
});
