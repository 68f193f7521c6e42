// The PostgreSQL of the tests: one embedded server for a whole run, one migrated template, one clone for each file. It
// runs without fsync; tests of durability start their own.

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { acquireEmbedded } from '../../src/database/embedded/embedded.ts';
import { openPool } from '../../src/database/pool.ts';
import { migrate } from '../../src/store/schema/migrate.ts';
import { afterAll } from './after-all.ts';

export type TestServer = { host: string; port: number; user: string; password: string };

const TEMPLATE = 'parley_template';
const ENVIRONMENT = 'PARLEY_TEST_POSTGRES';

/** An existing server to use instead; its role may create databases and is no superuser. */
const EXTERNAL = 'PARLEY_TEST_DATABASE_URL';

type StartedServer = { readonly server: TestServer; readonly stop: () => Promise<void> };

/** Starts the server, or uses the external one, and makes the template. */
export async function startTestServer(): Promise<StartedServer> {
  const external = process.env[EXTERNAL];
  const started = external === undefined ? await startEmbedded() : takeExternal(external);
  await makeTemplate(started.server);
  return started;
}

function takeExternal(url: string): StartedServer {
  const { hostname: host, port, username, password } = new URL(url);
  const user = decodeURIComponent(username);
  const server = { host, port: Number(port), user, password: decodeURIComponent(password) };
  return { server, stop: async () => {} };
}

async function startEmbedded(): Promise<StartedServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-test-'));
  // Under root, PostgreSQL runs as another user, who needs access; otherwise the cluster would be elsewhere and stay.
  chmodSync(dataDir, 0o711);
  const embedded = await acquireEmbedded({
    dataDir,
    purpose: 'command',
    processName: 'parley test',
    log: () => {},
    extraSettings: { fsync: 'off', full_page_writes: 'off', max_connections: '200' },
    applicationRoleMayCreateDatabases: true,
  });
  const { database: _, ...server } = embedded.connection;
  return {
    server,
    async stop() {
      await embedded.release();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function makeTemplate(server: TestServer): Promise<void> {
  await query(server, 'postgres', `drop database if exists ${TEMPLATE}`);
  await query(server, 'postgres', `create database ${TEMPLATE}`);
  await query(server, TEMPLATE, 'create schema parley');
  const pool = openPool({ ...server, database: TEMPLATE }, 'admin', { max: 1, onError: () => {} });
  await migrate(pool);
  await pool.end();
}

/** Passes the address of the server to the test processes of this run. */
export function publishTestServer(server: TestServer): void {
  process.env[ENVIRONMENT] = JSON.stringify(server);
}

let ownServer: Promise<TestServer> | undefined;

/** Returns the server of this run; a file that runs alone starts its own. */
function testServer(): Promise<TestServer> {
  const published = process.env[ENVIRONMENT];
  if (published !== undefined) return Promise.resolve(JSON.parse(published) as TestServer);
  ownServer ??= startTestServer().then(({ server, stop }) => {
    afterAll(stop);
    return server;
  });
  return ownServer;
}

export type TestDatabase = {
  readonly target: TestServer & { readonly database: string };
  /** The value of PARLEY_DATABASE_URL. */
  readonly url: string;
  /** Runs SQL as the engine does, with access to every workspace. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
};

/**
 * Creates a migrated, empty database, dropped after all tests of the file.
 * @param options `isEmpty`: not even migrated.
 */
export async function openTestDatabase(options: { isEmpty?: boolean } = {}): Promise<TestDatabase> {
  const server = await testServer();
  const database = `test_${randomBytes(6).toString('hex')}`;
  await query(
    server,
    'postgres',
    // Without fsync, copying files is faster than writing the template to the log.
    `create database ${database}${options.isEmpty ? '' : ` template ${TEMPLATE} strategy file_copy`}`,
  );
  const target = { ...server, database };
  const pool = openPool(target, 'admin', { max: 2, onError: () => {} });
  afterAll(async () => {
    await pool.end();
    // Only to save space: the whole server is removed at the end of the run.
    await query(server, 'postgres', `drop database if exists ${database} with (force)`).catch(
      () => {},
    );
  });
  return {
    target,
    url: urlOf(target),
    async sql(text, values) {
      return (await pool.query(text, values)).rows;
    },
  };
}

function urlOf({ user, password, host, port, database }: TestDatabase['target']): string {
  const login = `${user}:${encodeURIComponent(password)}`;
  return `postgresql://${login}@${encodeURIComponent(host)}:${port}/${database}`;
}

async function query(server: TestServer, database: string, text: string): Promise<void> {
  const client = new pg.Client({ ...server, database });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
