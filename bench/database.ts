// The bench's access to the embedded PostgreSQL of a running Parley: empties it, fills it, counts rows. It connects as
// the application does; only a checkpoint needs more.

import pg from 'pg';
import { readCredentials } from '../src/database/embedded/credentials.ts';
import { acquireEmbedded } from '../src/database/embedded/embedded.ts';
import { asStartupOptions } from '../src/database/pool.ts';

export type BenchDatabase = {
  version(): Promise<string>;
  /** Removes every contact, conversation and event, and all rows that belong to them. */
  empty(): Promise<void>;
  countConversations(): Promise<number>;
  /** Adds conversations, each with its contact and event, then vacuums. With `waiting`, each waits for the contact. */
  fill(conversations: number, kind?: 'idle' | 'waiting'): Promise<void>;
  /** Runs SQL as the engine does, seeing every workspace. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The URL of a superuser's connection to a separate database in the same PostgreSQL. */
  connectionTo(database: string): Promise<pg.ClientConfig>;
  /** Runs a checkpoint, so that the next round does not pay for this one. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
};

const CHUNK = 20_000;

/** All tables in which a conversation has rows. */
const filledTables = [
  'contacts',
  'contact_keys',
  'conversations',
  'conversation_keys',
  'channel_events',
  'conversation_parts',
  'conversation_signals',
  'quick_reply_options',
  'attribute_requests',
  'jobs',
  'outbound_events',
  'delivery_lanes',
  'delivery_attempts',
  'delivery_resends',
  'dead_letters',
];

/** Ids as the engine creates them (src/core/conversation/ids.ts); the caller's ids are random. */
const fillSql = `
with rows as (
  select 1::bigint as w, (select min(id) from channels) as channel, n as signal, n * 256 as id,
    lpad(to_hex(extract(epoch from now())::bigint), 8, '0') || lpad(to_hex(n * 256), 16, '0') as contact,
    gen_random_uuid()::text as person, gen_random_uuid()::text as conversation, gen_random_uuid()::text as event
  from generate_series($1::bigint, $1::bigint + $2::bigint - 1) as n),
events as (
  insert into channel_events
    (workspace_id, event_id, content_hash, conversation_id, contact_id, signal_number, received_at)
  select w, event, decode(md5(event), 'hex'), id + 1, contact, signal, now() from rows),
people as (
  insert into contacts
    (workspace_id, id, role, external_id, name, email, created_at, updated_at, created_by_signal)
  select w, contact, 'user', person, 'Jane Doe', person || '@example.com', now(), now(), signal from rows)
insert into conversations
  (workspace_id, id, channel_id, external_id, contact_id, state, created_at, updated_at, created_by_signal,
   run, wake_at)
select w, id + 1, channel, conversation, contact, 'open', now(), now(), signal,
  case when $3 then json_build_object('id', signal, 'workflowId', 1, 'version', 1, 'name', 'Order help',
    'stepId', 'topic', 'stepCount', 2, 'startedAt', ms(now()), 'status', 'waiting', 'waiting',
    json_build_object('for', 'quick_reply', 'promptPosition', 2, 'sinceMs', ms(now()),
      'untilMs', ms(wake)), 'endedAt', null, 'endReason', null) end,
  case when $3 then wake end
from (select *, now() + make_interval(secs => 3600 + 82800 * random()) as wake from rows) as timed`;

/** Connects to the database of a Parley that runs on this data folder. */
export async function openBenchDatabase(dataDir: string): Promise<BenchDatabase> {
  const embedded = await acquireEmbedded({
    dataDir,
    purpose: 'command',
    processName: 'parley bench',
    log: () => {},
  });
  const client = new pg.Client({
    ...embedded.connection,
    options: asStartupOptions({ search_path: 'parley', 'parley.scope': 'engine' }),
  });
  await client.connect();
  const number = async (sql: string, values: unknown[] = []) =>
    Number((await client.query({ text: sql, values, rowMode: 'array' })).rows[0]![0]);

  async function superuserOf(name: string): Promise<pg.ClientConfig> {
    const { superuserPassword } = await readCredentials(embedded.clusterDir);
    return {
      ...embedded.connection,
      database: name,
      user: 'postgres',
      password: superuserPassword,
    };
  }

  async function asSuperuser(sql: string): Promise<void> {
    const superuser = new pg.Client(await superuserOf(embedded.connection.database));
    await superuser.connect();
    await superuser.query(sql).finally(() => superuser.end());
  }

  return {
    version: async () => (await client.query('show server_version')).rows[0].server_version,
    empty: async () => void (await client.query(`truncate ${filledTables.join(', ')}`)),
    countConversations: () => number('select count(*) from conversations'),
    async fill(conversations, kind = 'idle') {
      const first = await number(`select nextval('signal_numbers')`);
      // The sequence counts in steps of 1,000.
      const last = first + Math.ceil(conversations / 1000) * 1000;
      await client.query(`select setval('signal_numbers', $1)`, [last]);
      for (let done = 0; done < conversations; done += CHUNK) {
        await client.query(fillSql, [
          first + done,
          Math.min(CHUNK, conversations - done),
          kind === 'waiting',
        ]);
      }
      await client.query('vacuum analyze contacts, conversations, channel_events');
    },
    sql: async (text, values) => (await client.query(text, values)).rows,
    async connectionTo(name) {
      const known = await client.query('select from pg_database where datname = $1', [name]);
      if (known.rowCount === 0) await asSuperuser(`create database ${pg.escapeIdentifier(name)}`);
      return superuserOf(name);
    },
    checkpoint: () => asSuperuser('checkpoint'),
    async close() {
      await client.end();
      await embedded.release();
    },
  };
}
