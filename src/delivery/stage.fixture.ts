// A stage for delivery: a real database with channels and logs written by SQL, and real receivers on this machine.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type Logger, pino } from 'pino';
import { afterAll } from '../../test/support/after-all.ts';
import { listen } from '../../test/support/listen.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';
import { systemClock } from '../base/clock.ts';
import { SecretBox } from '../base/seal.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { type Lookup, lookupInSystem } from '../outgoing/guarded-connect.ts';
import { OutgoingHttp } from '../outgoing/http-client.ts';
import { DeliveryWorker } from './delivery-worker.ts';
import type { DeliveryMetrics } from './metrics.ts';

export const secretBox = new SecretBox('the key of the tests');
export const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies freely.
  readonly body: any;
  readonly at: number;
};

export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  /** Conversations with overlapping requests. */
  readonly overlaps: string[];
  /** Writes the response; by default 200 at once. */
  respond: (request: Received, response: ServerResponse) => unknown;
};

/** Starts a receiver; it ends with the file. */
export async function startReceiver(): Promise<Receiver> {
  const busy = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { url: path = '', headers } = request;
      const one = { path, headers, text, body: JSON.parse(text), at: performance.now() };
      const conversation = String(one.body.conversation_id);
      if (busy.has(conversation)) receiver.overlaps.push(conversation);
      busy.add(conversation);
      response.on('close', () => busy.delete(conversation));
      receiver.received.push(one);
      receiver.respond(one, response);
    });
  });
  const port = await listen(server);
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/`,
    received: [],
    overlaps: [],
    respond: (_, response) => response.end('ok'),
  };
  return receiver;
}

let lastId = 0;
const nextId = (): number => {
  lastId += 1;
  return lastId;
};

export type ChannelFields = {
  readonly url: string | null;
  readonly timeoutMs?: number;
  readonly retryDelaysMs?: readonly number[];
  readonly format?: 'parley' | 'intercom';
  readonly allowedCidrs?: readonly string[];
  readonly secret?: string;
  readonly token?: string;
  readonly tokenHeader?: string;
};

export class Stage {
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly workspaceId: number;
  readonly #deliveries: DeliveryWorker[] = [];

  private constructor(database: TestDatabase, pool: Pool, workspaceId: number) {
    this.database = database;
    this.pool = pool;
    this.workspaceId = workspaceId;
  }

  static async open(database: TestDatabase): Promise<Stage> {
    const [row] = await database.sql<{ id: number }>(
      'insert into workspaces (name) values ($1) returning id',
      [`stage ${nextId()}`],
    );
    const pool = openPool(database.target, 'delivery', { max: 6, onError: () => {} });
    afterAll(() => pool.end());
    return new Stage(database, pool, row!.id);
  }

  /** Adds a channel with a callback. */
  async addChannel(fields: ChannelFields): Promise<number> {
    const { workspaceId, database } = this;
    const [channel] = await database.sql<{ id: number }>(
      'insert into channels (workspace_id, name) values ($1, $2) returning id',
      [workspaceId, `channel ${nextId()}`],
    );
    const { id } = channel!;
    const place = `${workspaceId} ${id}`;
    const token = fields.token;
    await database.sql(
      `insert into channel_callbacks (workspace_id, channel_id, url, format, timeout_ms,
         retry_delays_ms, allowed_cidrs, token_header, token_sealed, secret_sealed)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        workspaceId,
        id,
        fields.url,
        fields.format ?? 'parley',
        fields.timeoutMs ?? 5_000,
        fields.retryDelaysMs ?? null,
        fields.allowedCidrs ?? ['127.0.0.1'],
        fields.tokenHeader ?? null,
        token === undefined ? null : secretBox.seal(token, `callback token ${place}`),
        secretBox.seal(fields.secret ?? newSecret(), `callback secret ${place}`),
      ],
    );
    return id;
  }

  /** Adds a conversation with events in its log and a lane that is due. @returns its id. */
  async addConversation(channelId: number, events: number): Promise<number> {
    const [id] = await this.addConversations(channelId, 1, events);
    return id!;
  }

  async addConversations(channelId: number, count: number, events: number): Promise<number[]> {
    const ids = Array.from({ length: count }, nextId);
    for (let sequence = 1; sequence <= events; sequence += 1) {
      await this.#log(channelId, ids, sequence);
    }
    return ids;
  }

  /** Logs the next event of a conversation, as the engine does. */
  async addEvent(channelId: number, conversationId: number, sequence: number): Promise<void> {
    await this.#log(channelId, [conversationId], sequence);
  }

  async #log(channelId: number, ids: readonly number[], sequence: number): Promise<void> {
    await this.database.sql(
      `with ids as (select unnest($3::bigint[]) as id), events as (
         insert into outbound_events
         select $1, id, $4, $2, 'new_message',
           coalesce((
             select '{"type":"notification_event",' from channel_callbacks
             where workspace_id = $1 and channel_id = $2 and format = 'intercom'), '{')
           || ltrim(json_build_object('event_name', 'new_message', 'conversation_id', id::text,
             'sequence', $4::int, 'text', 'Žltý kôň')::text, '{'), 1, now()
         from ids)
       insert into delivery_lanes as l
         (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
       select $1, id, $2, $4, $4, now() from ids
       on conflict (workspace_id, conversation_id) do update set
         last_sequence = excluded.last_sequence, due_at = coalesce(l.due_at, excluded.due_at)`,
      [this.workspaceId, channelId, ids, sequence],
    );
  }

  /** Stops all deliveries that were started here. */
  async stopDeliveries(): Promise<void> {
    await Promise.all(this.#deliveries.splice(0).map((delivery) => delivery.stop()));
  }

  /** Starts a server's delivery; it stops with the file at the latest. */
  async deliver(
    options: { lookUp?: Lookup; pool?: Pool; log?: Logger } = {},
  ): Promise<DeliveryWorker> {
    const http = new OutgoingHttp({ clock: systemClock, lookUp: options.lookUp ?? lookupInSystem });
    const delivery = new DeliveryWorker({
      pool: options.pool ?? this.pool,
      clock: systemClock,
      random: () => 0.5,
      log: options.log ?? pino({ level: process.env.TEST_LOG ?? 'silent' }),
      metrics: silentMetrics,
      secretBox,
      http,
      userAgent: 'Parley/test',
    });
    afterAll(() => delivery.stop().then(() => http.close()));
    this.#deliveries.push(delivery);
    await delivery.start();
    return delivery;
  }

  async lane(conversationId: number) {
    const [lane] = await this.database.sql<{
      next: number;
      attempt: number;
      gap: number | null;
      due: number | null;
      lease: string | null;
    }>(
      `select next_sequence as next, attempt, gap_from as gap, due_at as due, lease
       from delivery_lanes where workspace_id = $1 and conversation_id = $2`,
      [this.workspaceId, conversationId],
    );
    return lane!;
  }

  /** Lists `sequence outcome status` of every attempt of a conversation, in order. */
  async attempts(conversationId: number): Promise<string[]> {
    const rows = await this.database.sql<{ text: string }>(
      `select concat_ws(' ', sequence, outcome, status) as text from delivery_attempts
       where workspace_id = $1 and conversation_id = $2 order by attempted_at, sequence`,
      [this.workspaceId, conversationId],
    );
    return rows.map(({ text }) => text);
  }

  async deadLetters(conversationId: number): Promise<string[]> {
    const rows = await this.database.sql<{ text: string }>(
      `select sequence || ': ' || reason as text from dead_letters
       where workspace_id = $1 and conversation_id = $2 order by sequence`,
      [this.workspaceId, conversationId],
    );
    return rows.map(({ text }) => text);
  }
}

export const silentMetrics: DeliveryMetrics = {
  observeAttempt: () => {},
  countDeadLetter: () => {},
  countEphemeral: () => {},
  countLostResults: () => {},
};

/** The sequences of a conversation as they arrived. */
export const sequencesOf = (receiver: Receiver, conversationId: number): number[] =>
  receiver.received
    .filter(({ body }) => body.conversation_id === String(conversationId))
    .map(({ body }) => body.sequence);
