// The committed schema.sql equals the result of the migrations, and differences from it are found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../../test/support/after-all.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { openPool } from '../../database/pool.ts';
import { compareSchemas } from './drift.ts';
import { describeSchema, expectedSchema } from './text.ts';

async function describe({ target }: TestDatabase): Promise<string> {
  const pool = openPool(target, 'admin', { max: 1, onError: () => {} });
  afterAll(() => pool.end());
  return describeSchema(pool);
}

test('schema.sql: equals a freshly migrated database', async () => {
  const actual = await describe(await openTestDatabase());
  assert.equal(actual, expectedSchema(), 'schema.sql is out of date: run npm run schema');
});

test('schema: each manual change is found where it was made', async () => {
  const database = await openTestDatabase();
  await database.sql(`
    drop index parley.contacts_external_id;
    alter table parley.admins no force row level security;
    alter table parley.channels alter column strict_version set default true;
    alter table parley.channels add column note text;
    drop policy one_workspace on parley.workspaces;
    create index by_title on parley.conversations (title);
    create or replace function parley.ms(moment timestamptz) returns bigint
      language sql immutable parallel safe return 0;
    alter sequence parley.signal_numbers increment by 1;
    create view parley.open_conversations as select 1 as one`);
  const differences = compareSchemas(expectedSchema(), await describe(database));
  const byObject = Object.fromEntries(differences.map(({ object, ...rest }) => [object, rest]));
  assert.deepEqual(Object.keys(byObject).sort(), [
    'function ms',
    'sequence signal_numbers',
    'table admins',
    'table channels',
    'table contacts',
    'table conversations',
    'table workspaces',
    'view open_conversations as',
  ]);
  assert.deepEqual(byObject['table channels'], {
    missing: ['strict_version boolean not null default false'],
    unexpected: ['strict_version boolean not null default true', 'note text'],
  });
  assert.deepEqual(byObject['table conversations'], {
    missing: [],
    unexpected: ['CREATE INDEX by_title ON parley.conversations USING btree (title);'],
  });
  assert.equal(byObject['table contacts']?.unexpected.length, 0);
  assert.match(byObject['table contacts']?.missing[0] ?? '', /UNIQUE INDEX contacts_external_id/);
});

test('schema: an empty database misses everything and has nothing unexpected', async () => {
  const database = await openTestDatabase({ isEmpty: true });
  const differences = compareSchemas(expectedSchema(), await describe(database));
  assert.ok(differences.some(({ object }) => object === 'table contacts'));
  assert.ok(differences.every(({ unexpected }) => unexpected.length === 0));
});
