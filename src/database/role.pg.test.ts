// The rights that Parley has on an external server: a login that bypasses row-level security acts as a plain role,
// and one that may not create that role fails with what to do.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll } from '../../test/support/after-all.ts';
import { migrate } from '../store/schema/migrate.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { type Database, openDatabase } from './database.ts';
import { readCredentials } from './embedded/credentials.ts';
import { acquireEmbedded } from './embedded/embedded.ts';
import { DatabaseNotUsable, whyNotUsable } from './role.ts';

const superuser = { user: 'postgres', password: '' };
let server: { host: string; port: number };

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-role-'));
  chmodSync(folder, 0o711);
  const embedded = await acquireEmbedded({
    dataDir: join(folder, 'data'),
    purpose: 'command',
    processName: 'parley test',
    log: () => {},
    extraSettings: { fsync: 'off' },
  });
  afterAll(async () => {
    await embedded.release();
    rmSync(folder, { recursive: true, force: true });
  });
  const { host, port } = embedded.connection;
  server = { host, port };
  superuser.password = (await readCredentials(embedded.clusterDir)).superuserPassword;
});

async function asSuperuser(database: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ ...server, ...superuser, database });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Opens a database of the server as for PARLEY_DATABASE_URL. */
async function openAs(user: string, password: string, name: string): Promise<Database> {
  const host = encodeURIComponent(server.host);
  const database = await openDatabase({
    databaseUrl: `postgresql://${user}:${password}@${host}:${server.port}/${name}`,
    dataDir: '/nowhere',
    purpose: 'serve',
    mayCreate: true,
    processName: 'parley test',
    log: pino({ level: 'silent' }),
  });
  afterAll(() => database.release());
  return database;
}

type Power = { user: string; unbound: boolean; owner: string };

/** Returns the role that statements run as, and the owner of the tables once they exist. */
async function powerIn(database: Database): Promise<Power> {
  const pool = database.openPool('admin', 1);
  await migrate(pool);
  const { rows } = await pool.query<Power>(`
    select current_user as user, rolsuper or rolbypassrls as unbound,
      (select tableowner from pg_tables where schemaname = 'parley' and tablename = 'contacts') as owner
    from pg_roles where rolname = current_user`);
  return rows[0]!;
}

/** Names the workspaces that transactions of two workspaces see, and a connection without a workspace. */
async function whoSeesWhom(database: Database): Promise<unknown> {
  const { rows } = await database
    .openPool('admin', 1)
    .query<{ id: number }>(`insert into workspaces (name) values ('one'), ('two') returning id`);
  const pool = database.openPool('read', 1);
  const seen = 'select name from parley.workspaces order by name';
  const seenBy = (id: number) => readAs(pool, id, async (read) => (await read.query(seen)).rows);
  return {
    one: await seenBy(rows[0]!.id),
    two: await seenBy(rows[1]!.id),
    none: (await pool.query(seen)).rows,
  };
}

const eachSeesItself = { one: [{ name: 'one' }], two: [{ name: 'two' }], none: [] };

test('role: Parley acts as a plain role when the login is a superuser', async () => {
  await asSuperuser('postgres', 'create database of_superuser');
  const database = await openAs('postgres', superuser.password, 'of_superuser');
  assert.equal(database.facts.role, 'parley_server');
  assert.deepEqual(await powerIn(database), {
    user: 'parley_server',
    unbound: false,
    owner: 'parley_server',
  });
  assert.deepEqual(await whoSeesWhom(database), eachSeesItself);
});

test('role: Parley acts as a plain role when the login bypasses row-level security', async () => {
  await asSuperuser(
    'postgres',
    `drop database if exists of_superuser with (force)`,
    'drop role parley_server',
    `create role administrator login createrole bypassrls password 'secret'`,
    'create database of_administrator owner administrator',
  );
  const database = await openAs('administrator', 'secret', 'of_administrator');
  assert.deepEqual(await powerIn(database), {
    user: 'parley_server',
    unbound: false,
    owner: 'parley_server',
  });
  assert.deepEqual(await whoSeesWhom(database), eachSeesItself);
  const again = await openAs('administrator', 'secret', 'of_administrator');
  assert.equal(again.facts.role, 'parley_server');
});

test('role: a login that bypasses row-level security and cannot create roles fails', async () => {
  await asSuperuser(
    'postgres',
    `create role loose login bypassrls password 'secret'`,
    'create database of_loose owner loose',
  );
  await assert.rejects(openAs('loose', 'secret', 'of_loose'), (error: Error) => {
    assert.ok(error instanceof DatabaseNotUsable);
    assert.match(error.message, /does not bind the role "loose".*an ordinary role that owns/);
    return true;
  });
});

test('role: Parley acts as the login itself if that is plain and owns its database', async () => {
  await asSuperuser(
    'postgres',
    `create role plain login password 'secret'`,
    'create database of_plain owner plain',
  );
  const database = await openAs('plain', 'secret', 'of_plain');
  assert.equal(database.facts.role, undefined);
  assert.deepEqual(await powerIn(database), { user: 'plain', unbound: false, owner: 'plain' });
  assert.deepEqual(await whoSeesWhom(database), eachSeesItself);
});

test('role: a login that may not create a schema fails with the statement to run', async () => {
  await asSuperuser(
    'postgres',
    `create role limited login password 'secret'`,
    'create database of_other',
  );
  await assert.rejects(openAs('limited', 'secret', 'of_other'), (error: Error) => {
    assert.ok(error instanceof DatabaseNotUsable);
    assert.match(error.message, /run: create schema parley authorization "limited";/);
    return true;
  });
  await asSuperuser('of_other', 'create schema parley authorization limited');
  const database = await openAs('limited', 'secret', 'of_other');
  assert.equal((await powerIn(database)).owner, 'limited');
});

test('role: eight servers that start at once on an empty database can all use it', async () => {
  await asSuperuser('postgres', 'create database of_many');
  const all = await Promise.all(
    Array.from({ length: 8 }, () => openAs('postgres', superuser.password, 'of_many')),
  );
  assert.deepEqual(new Set(all.map(({ facts }) => facts.role)), new Set(['parley_server']));
});

test('server: is rejected if too old or not in UTF8, and usable from 15 in UTF8', () => {
  const server = { versionNumber: 150_000, version: '15.0', encoding: 'UTF8' };
  assert.equal(whyNotUsable(server), null);
  const old = { ...server, versionNumber: 140_012, version: '14.12' };
  assert.match(whyNotUsable(old) ?? '', /14\.12 is too old: Parley needs 15 or newer/);
  assert.match(whyNotUsable({ ...server, encoding: 'LATIN1' }) ?? '', /LATIN1.*encoding 'UTF8'/);
});
