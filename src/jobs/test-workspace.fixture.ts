// The workspace of the job tests: one workflow, a real engine on a real database, and a way to let time pass.

import { pino } from 'pino';
import { afterAll } from '../../test/support/after-all.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';
import { addWorkspace, nextNumber } from '../../test/support/server.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { SecretBox } from '../base/seal.ts';
import type { ConversationSignal } from '../core/conversation/signal.ts';
import type { Channel, Json } from '../core/model/model.ts';
import type { Step } from '../core/workflow/definition.ts';
import type { WorkflowRun } from '../core/workflow/run/run.ts';
import { openPool } from '../database/pool.ts';
import { Engine } from '../engine/engine.ts';
import { WorkspaceSetups } from '../engine/workspace-setups.ts';
import { secretContext } from '../store/secrets/secrets.ts';

export const secretBox = new SecretBox('the secret key of these tests');

/**
 * Lets time pass: every wait gets that much shorter. The database's clock cannot be set, so stored times are
 * made older.
 */
export async function letPass(database: TestDatabase, ms: number): Promise<void> {
  await database.sql(
    `with earlier as (select make_interval(secs => $1 / 1000.0) as by),
     timers as (
       update conversations set wake_at = wake_at - by, snoozed_until = snoozed_until - by,
         run = case when json_typeof(run #> '{waiting,untilMs}') = 'number' then jsonb_set(run::jsonb,
           '{waiting,untilMs}', to_jsonb((run #>> '{waiting,untilMs}')::bigint - $1::bigint))::json else run end
       from earlier where wake_at is not null)
     update jobs set due_at = due_at - by from earlier`,
    [ms],
  );
}

/** A log that keeps its lines. */
export function keepLog() {
  const lines: string[] = [];
  return { lines, log: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }) };
}

/** Opens a pool as main.ts does for this folder. */
export function openJobsPool(database: TestDatabase, target: object = {}) {
  const pool = openPool({ ...database.target, ...target }, 'engine', { max: 2, onError: () => {} });
  afterAll(() => pool.end());
  return pool;
}

/** Opens the engine of a server. */
export function openEngine(
  database: TestDatabase,
  target: object = {},
  clock: Clock = systemClock,
) {
  const { lines, log } = keepLog();
  const pool = openJobsPool(database, target);
  const engine = new Engine({
    pool,
    clock,
    log,
    metrics: { observeGroup() {}, countFailure() {} },
    setups: new WorkspaceSetups(pool, clock),
    groupSignalsMax: 128,
    groupsInFlightMax: 2,
  });
  return { engine, errors: () => lines.filter((line) => line.includes('"level":50')) };
}

/** Lets real time pass. */
export const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export type Scene = Awaited<ReturnType<typeof openScene>>;

type ConversationRow = {
  readonly id: number;
  readonly state: string;
  readonly run: WorkflowRun | null;
  readonly customAttributes: { readonly [name: string]: Json };
  readonly wakeAt: number | null;
};

/** Opens a separate workspace whose new conversations start a workflow of these steps. */
export async function openScene(database: TestDatabase, engine: Engine, steps: readonly Step[]) {
  const name = `scene ${nextNumber()}`;
  const { workspaceId, channelId } = await addWorkspace(database, name);
  await database.sql(
    `with w as (insert into workflows (workspace_id, name, position, current_version)
       values ($1, $2, 1, 1) returning id)
     insert into workflow_versions (workspace_id, workflow_id, version, definition, source)
     select $1, id, 1, $3, '' from w`,
    [
      workspaceId,
      name,
      { name, trigger: { on: 'new_conversation', channelIds: null }, when: null, steps },
    ],
  );
  const channel: Channel = {
    workspaceId,
    id: channelId,
    name: 'default',
    isEnabled: true,
    autoCreateConversation: true,
    requireUserIdentity: true,
    unknownAttribute: 'record',
    strictVersion: false,
    hasButtons: true,
    timeZone: null,
    allowedOrigins: [],
  };
  const notify = async (externalId: string, fields: Record<string, unknown>) => {
    const result = await engine.submit({
      kind: 'channel_event',
      channel,
      event: {
        eventId: `e${nextNumber()}`,
        externalConversationId: externalId,
        contact: { type: 'user', externalId: `of ${externalId}`, name: 'Ada', email: 'a@b.cd' },
        ...fields,
      } as never,
    });
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value.conversationId;
  };
  const rows = <Row extends object>(columns: string, rest: string, externalId: string) =>
    database.sql<Row & Record<string, unknown>>(
      `select ${columns} from conversations v ${rest} and v.workspace_id = $1 and v.external_id = $2`,
      [workspaceId, externalId],
    );
  return {
    workspaceId,
    channelId,
    begin: (externalId: string) => notify(externalId, { kind: 'new_conversation' }),
    say: (externalId: string, body: string) => notify(externalId, { kind: 'new_message', body }),
    submit: (externalId: string, signal: ConversationSignal, through: Engine = engine) =>
      through.submit({ kind: 'conversation', workspaceId, channelId, externalId, signal }),
    async conversation(externalId: string): Promise<ConversationRow> {
      const columns = `v.id, v.state, v.run, v.custom_attributes as "customAttributes", v.wake_at as "wakeAt"`;
      const [row] = await rows<ConversationRow>(columns, 'where true', externalId);
      return row!;
    },
    /** The bot's messages and the kinds of other parts, in order. */
    async parts(externalId: string): Promise<string[]> {
      const found = await rows<{ part: string }>(
        `coalesce(p.body, p.part_type) as part`,
        `join conversation_parts p on p.workspace_id = v.workspace_id and p.conversation_id = v.id where true`,
        externalId,
      );
      return found.map(({ part }) => part);
    },
    async trace(externalId: string): Promise<string> {
      const found = await rows<{ trace: string }>(
        'string_agg(s.trace::text, chr(10) order by s.ordinal) as trace',
        `join conversation_signals s on s.workspace_id = v.workspace_id and s.conversation_id = v.id where true`,
        externalId,
      );
      return found[0]!.trace;
    },
    async jobCount(): Promise<number> {
      const query = 'select count(*) as count from jobs where workspace_id = $1';
      const [row] = await database.sql<{ count: number }>(query, [workspaceId]);
      return row!.count;
    },
    /** Adds a secret that calls can carry. */
    async addSecret(name: string, value: string, box: SecretBox = secretBox) {
      await database.sql('insert into secrets (workspace_id, name, sealed) values ($1, $2, $3)', [
        workspaceId,
        name,
        box.seal(value, secretContext(workspaceId, name)),
      ]);
    },
    /** Gives the channel a secret, and allows calls to this machine. */
    async allow(secret: string, allowedCidrs: readonly string[] = ['127.0.0.0/8']) {
      await database.sql(
        `insert into channel_callbacks (workspace_id, channel_id, secret_sealed, allowed_cidrs)
         values ($1, $2, $3, $4)`,
        [
          workspaceId,
          channelId,
          secretBox.seal(secret, `callback secret ${workspaceId} ${channelId}`),
          allowedCidrs,
        ],
      );
    },
  };
}

/** A step that sends its id as a message. */
export const say = (id: string, next: string | null = null): Step => ({
  id,
  do: 'send_message',
  body: id,
  next,
});
