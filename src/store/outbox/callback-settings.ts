// The settings of callbacks, as an operator applies them: the rows of channel_callbacks. Reads and writes secrets
// sealed, and cannot open them.

import type { EventFormat } from '../../core/conversation/transition-context.ts';
import type { Connection } from '../../database/pool.ts';
import { bigint, bigintList, hexBytes, integer, text, textList } from '../sql/column-arrays.ts';
import { writeRows } from '../sql/write-rows.ts';

export type CallbackRow = {
  readonly channelId: number;
  readonly url: string | null;
  readonly format: EventFormat;
  readonly timeoutMs: number;
  /** The delays between retries; null: the default schedule. */
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly tokenHeader: string | null;
  readonly tokenSealed: Buffer | null;
  readonly secretSealed: Buffer;
  readonly disabledAt: number | null;
  readonly disabledReason: string | null;
  /** Until when the secret before the current one is valid; null: it is not. */
  readonly previousUntil: number | null;
};

const columns = `
  channel_id as "channelId", url, format, timeout_ms as "timeoutMs",
  retry_delays_ms as "retryDelaysMs", allowed_cidrs as "allowedCidrs", token_header as "tokenHeader",
  token_sealed as "tokenSealed", secret_sealed as "secretSealed", disabled_at as "disabledAt",
  disabled_reason as "disabledReason",
  case when previous_secret_until > now() then previous_secret_until end as "previousUntil"`;

/** Reads the callbacks of a workspace: those of all channels with a secret. */
export async function readCallbacks(
  connection: Connection,
  workspaceId: number,
): Promise<CallbackRow[]> {
  const { rows } = await connection.query<CallbackRow>(
    `select ${columns} from channel_callbacks where workspace_id = $1`,
    [workspaceId],
  );
  return rows;
}

/** A callback to save. Saving enables one that was disabled. */
export type SavedCallback = Omit<CallbackRow, 'disabledAt' | 'disabledReason' | 'previousUntil'>;

/** Writes callbacks; writes a secret only if there is none yet. */
export async function saveCallbacks(
  connection: Connection,
  workspaceId: number,
  rows: readonly SavedCallback[],
): Promise<void> {
  const hex = (sealed: Buffer | null) => (sealed === null ? null : sealed.toString('hex'));
  const columns = {
    channel_id: bigint<SavedCallback>(({ channelId }) => channelId),
    url: text<SavedCallback>(({ url }) => url),
    format: text<SavedCallback>(({ format }) => format),
    timeout_ms: integer<SavedCallback>(({ timeoutMs }) => timeoutMs),
    retry_delays_ms: bigintList<SavedCallback>(({ retryDelaysMs }) => retryDelaysMs),
    allowed_cidrs: textList<SavedCallback>(({ allowedCidrs }) => allowedCidrs),
    token_header: text<SavedCallback>(({ tokenHeader }) => tokenHeader),
    token_sealed: hexBytes<SavedCallback>(({ tokenSealed }) => hex(tokenSealed)),
    secret_sealed: hexBytes<SavedCallback>(({ secretSealed }) => hex(secretSealed)),
  };
  await writeRows(
    connection,
    workspaceId,
    rows,
    columns,
    `insert into channel_callbacks (workspace_id, channel_id, url, format, timeout_ms, retry_delays_ms,
        allowed_cidrs, token_header, token_sealed, secret_sealed)
      select workspace_id, channel_id, url, format, timeout_ms, retry_delays_ms,
        allowed_cidrs, token_header, token_sealed, secret_sealed from input
      on conflict (workspace_id, channel_id) do update set
        url = excluded.url, format = excluded.format, timeout_ms = excluded.timeout_ms,
        retry_delays_ms = excluded.retry_delays_ms, allowed_cidrs = excluded.allowed_cidrs,
        token_header = excluded.token_header, token_sealed = excluded.token_sealed,
        disabled_at = null, disabled_reason = null, updated_at = now()`,
  );
  const called = rows.filter(({ url }) => url !== null).map(({ channelId }) => channelId);
  if (called.length > 0) await catchUp(connection, workspaceId, called);
}

/**
 * Adds to the lanes the events that were logged while the channel had no URL. Lanes are locked in the order that all
 * statements use, which prevents deadlocks.
 */
async function catchUp(
  connection: Connection,
  workspaceId: number,
  channelIds: readonly number[],
): Promise<void> {
  await connection.query(
    `with behind as materialized (
        select l.conversation_id, v.event_count
        from delivery_lanes as l
        join conversations as v
          on v.workspace_id = l.workspace_id and v.id = l.conversation_id
        where l.workspace_id = $1 and l.channel_id = any($2::bigint[])
          and v.event_count > l.last_sequence
        order by l.conversation_id
        for update of l)
      update delivery_lanes as l
      set last_sequence = b.event_count, due_at = coalesce(l.due_at, now())
      from behind as b
      where l.workspace_id = $1 and l.conversation_id = b.conversation_id`,
    [workspaceId, channelIds],
  );
}

/** Disables the callback of a channel: its events wait. @returns whether it was enabled. */
export async function disableCallbackOf(
  connection: Connection,
  workspaceId: number,
  channelId: number,
  reason: string,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `update channel_callbacks set disabled_at = now(), disabled_reason = $3, updated_at = now()
      where workspace_id = $1 and channel_id = $2 and url is not null and disabled_at is null`,
    [workspaceId, channelId, reason],
  );
  return rowCount === 1;
}

/** Finds the sealed secret of a channel; null if it has none. */
export async function findSecret(
  connection: Connection,
  workspaceId: number,
  channelId: number,
): Promise<Buffer | null> {
  const { rows } = await connection.query<{ sealed: Buffer }>(
    `select secret_sealed as sealed from channel_callbacks
      where workspace_id = $1 and channel_id = $2`,
    [workspaceId, channelId],
  );
  return rows[0]?.sealed ?? null;
}

/**
 * Replaces the secret of a channel.
 * @param overlapMs how long the current one stays valid beside the new one; 0: it ends now.
 * @returns until when it stays valid; null if it ended.
 */
export async function replaceSecret(
  connection: Connection,
  context: { readonly workspaceId: number; readonly channelId: number },
  sealed: Buffer,
  overlapMs: number,
): Promise<number | null> {
  const { rows } = await connection.query<{ previousUntil: number | null }>(
    `insert into channel_callbacks as c (workspace_id, channel_id, secret_sealed) values ($1, $2, $3)
      on conflict (workspace_id, channel_id) do update set
        secret_sealed = excluded.secret_sealed,
        previous_secret_sealed = case when $4 > 0 then c.secret_sealed end,
        previous_secret_until = case when $4 > 0 then now() + $4 * interval '1 millisecond' end,
        updated_at = now()
      returning previous_secret_until as "previousUntil"`,
    [context.workspaceId, context.channelId, sealed, overlapMs],
  );
  return rows[0]!.previousUntil;
}
