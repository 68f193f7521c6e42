// Starts a whole Parley in this process, on a real socket and a real database, as main.ts does.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { sha256Hex } from '../../src/base/random.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { startServer } from '../../src/main.ts';
import { afterAll } from './after-all.ts';
import { checkResponsesOf } from './check-response.ts';
import { openTestDatabase, type TestDatabase } from './postgres.ts';

export type TestParley = {
  readonly url: string;
  /** The token of the default channel of the default workspace. */
  readonly token: string;
  readonly database: TestDatabase;
  /** Sends a request with the token. @returns status, headers and body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ApiResponse>;
  /** Notifies one of the four events, with a fresh id and everything required filled in. */
  notify(kind: EventKind, fields?: Record<string, unknown>): Promise<ApiResponse>;
  stop(): Promise<void>;
};

export type EventKind =
  | 'new_conversation'
  | 'new_message'
  | 'quick_reply_selected'
  | 'attribute_collected';

export type ApiResponse = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies without types.
  readonly body: any;
};

const TOKEN = 'parley_test_token_0123456789';
/** The secret key of the tests. */
export const SECRET_KEY = 'parley_test_secret_key_0123456789abcdef';

/** Starts a Parley for a test file; it stops after all tests. */
export async function startTestParley(
  settings: Record<string, string> = {},
  database?: TestDatabase,
): Promise<TestParley> {
  const used = database ?? (await openTestDatabase());
  const filesDir = mkdtempSync(join(tmpdir(), 'parley-files-'));
  afterAll(async () => rmSync(filesDir, { recursive: true, force: true }));
  const config = readConfig({
    PARLEY_PORT: '0',
    PARLEY_BOOTSTRAP_TOKEN: TOKEN,
    PARLEY_DATABASE_URL: used.url,
    PARLEY_SECRET_KEY: SECRET_KEY,
    PARLEY_FILES_DIR: filesDir,
    ...settings,
  });
  if (!config.ok) throw new Error(config.error.join('; '));
  const server = await startServer(
    config.value as Config,
    pino({ level: process.env.TEST_LOG ?? 'silent' }),
  );
  afterAll(() => server.stop());
  const { url } = server;
  checkResponsesOf(url);
  const call = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => request(`${url}${path}`, method, body, { authorization: `Bearer ${TOKEN}`, ...headers });
  return {
    url,
    token: TOKEN,
    database: used,
    call,
    notify: (kind, fields = {}) =>
      call('POST', `/custom_channel_events/notify_${kind}`, eventBody(kind, fields)),
    stop: () => server.stop(),
  };
}

/** Sends an HTTP request. A string body is sent unchanged. */
export async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<ApiResponse> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('application/json');
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

let counter = 0;

/** Returns a number that is unique in this process. */
export const nextNumber = (): number => {
  counter += 1;
  return counter;
};

export const person = (name: string) => ({
  type: 'user',
  external_id: name,
  name: `Name of ${name}`,
  email: `${name}@example.com`,
});

/** Makes a valid body of an event; `fields` replace fields or, if undefined, remove them. */
export function eventBody(
  kind: EventKind,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  const number = nextNumber();
  const extra = {
    new_conversation: {},
    new_message: { body: `Message ${number}` },
    quick_reply_selected: { quick_reply_option_id: `option_${number}` },
    attribute_collected: { attribute: { id: `attribute_${number}`, value: 'a value' } },
  }[kind];
  return {
    event_id: `evt_${process.pid}_${number}`,
    external_conversation_id: `conv_${number}`,
    contact: person(`user_${number}`),
    ...extra,
    ...fields,
  };
}

/** Inserts another workspace with a channel and a token directly into the database. */
export async function addWorkspace(
  database: TestDatabase,
  name: string,
): Promise<{ token: string; workspaceId: number; channelId: number }> {
  const token = `parley_token_of_${name}_0123456789`;
  const [workspace] = await database.sql<{ id: number }>(
    'insert into workspaces (name) values ($1) returning id',
    [name],
  );
  const workspaceId = workspace!.id;
  const [admin] = await database.sql<{ id: number }>(
    'insert into admins (workspace_id, name, email) values ($1, $2, $3) returning id',
    [workspaceId, `Admin of ${name}`, `${name}@example.com`],
  );
  const [channel] = await database.sql<{ id: number }>(
    'insert into channels (workspace_id, name) values ($1, $2) returning id',
    [workspaceId, 'default'],
  );
  await database.sql(
    `insert into access_tokens (workspace_id, channel_id, admin_id, name, token_hash, token_hint)
     values ($1, $2, $3, 'test', decode($4, 'hex'), '6789')`,
    [workspaceId, channel!.id, admin!.id, sha256Hex(token)],
  );
  return { token, workspaceId, channelId: channel!.id };
}
