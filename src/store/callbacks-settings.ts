// How the app behind a channel is told of events, as its owner set it up: the rows of channel_callbacks. Secrets
// come and go sealed; this file cannot read them, and delivers nothing.

import type { EventFormat } from '../core/world.ts';
import type { Connection, Pool } from '../database/pool.ts';
import { runStatement } from './run-statement.ts';

export type CallbackRow = {
  readonly channelId: number;
  readonly url: string | null;
  readonly format: EventFormat;
  readonly timeoutMs: number;
  /** Null: the default schedule. */
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly tokenHeader: string | null;
  readonly tokenSealed: Buffer | null;
  readonly secretSealed: Buffer;
  readonly disabledAt: number | null;
  readonly disabledReason: string | null;
};

const columns = `
  channel_id as "channelId", url, format, timeout_ms as "timeoutMs",
  retry_delays_ms as "retryDelaysMs", allowed_cidrs as "allowedCidrs", token_header as "tokenHeader",
  token_sealed as "tokenSealed", secret_sealed as "secretSealed", disabled_at as "disabledAt",
  disabled_reason as "disabledReason"`;

/** The callbacks of a workspace, of every channel that has a secret. */
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

/** Writes a callback as it is to be; the secret only when there is none yet. */
export async function saveCallback(
  connection: Connection,
  workspaceId: number,
  row: CallbackRow,
): Promise<void> {
  await connection.query(
    `insert into channel_callbacks (workspace_id, channel_id, url, format, timeout_ms, retry_delays_ms,
        allowed_cidrs, token_header, token_sealed, secret_sealed, disabled_at, disabled_reason)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, parley.from_ms($11), $12)
      on conflict (workspace_id, channel_id) do update set
        url = excluded.url, format = excluded.format, timeout_ms = excluded.timeout_ms,
        retry_delays_ms = excluded.retry_delays_ms, allowed_cidrs = excluded.allowed_cidrs,
        token_header = excluded.token_header, token_sealed = excluded.token_sealed,
        disabled_at = excluded.disabled_at, disabled_reason = excluded.disabled_reason,
        updated_at = now()`,
    [
      workspaceId,
      row.channelId,
      row.url,
      row.format,
      row.timeoutMs,
      row.retryDelaysMs,
      row.allowedCidrs,
      row.tokenHeader,
      row.tokenSealed,
      row.secretSealed,
      row.disabledAt,
      row.disabledReason,
    ],
  );
  if (row.url !== null) await catchUp(connection, workspaceId, row.channelId);
}

/**
 * Events that were logged while there was no address to send them to: their lanes did not hear of them. They are
 * locked in the order in which everybody locks lanes, so that nobody waits in a circle.
 */
async function catchUp(
  connection: Connection,
  workspaceId: number,
  channelId: number,
): Promise<void> {
  await connection.query(
    `with behind as materialized (
        select l.conversation_id, v.event_count
        from delivery_lanes as l
        join conversations as v
          on v.workspace_id = l.workspace_id and v.id = l.conversation_id
        where l.workspace_id = $1 and l.channel_id = $2 and v.event_count > l.last_sequence
        order by l.conversation_id
        for update of l)
      update delivery_lanes as l
      set last_sequence = b.event_count, due_at = coalesce(l.due_at, now())
      from behind as b
      where l.workspace_id = $1 and l.conversation_id = b.conversation_id`,
    [workspaceId, channelId],
  );
}

/** The sealed secret of a channel; null if it has none. */
export async function findSecret(
  pool: Pool,
  workspaceId: number,
  channelId: number,
): Promise<Buffer | null> {
  const rows = await runStatement<{ sealed: Buffer }>(pool, {
    text: `select secret_sealed as sealed from channel_callbacks
      where workspace_id = $1 and channel_id = $2`,
    values: [workspaceId, channelId],
  });
  return rows[0]?.sealed ?? null;
}

/**
 * Gives a channel a new secret.
 * @param overlapMs how long the present one stays valid beside it; 0: it ends now.
 * @returns until when it does; null if it does not.
 */
export async function replaceSecret(
  pool: Pool,
  place: { readonly workspaceId: number; readonly channelId: number },
  sealed: Buffer,
  overlapMs: number,
): Promise<number | null> {
  const rows = await runStatement<{ previousUntil: number | null }>(pool, {
    text: `insert into channel_callbacks as c (workspace_id, channel_id, secret_sealed) values ($1, $2, $3)
      on conflict (workspace_id, channel_id) do update set
        secret_sealed = excluded.secret_sealed,
        previous_secret_sealed = case when $4 > 0 then c.secret_sealed end,
        previous_secret_until = case when $4 > 0 then now() + $4 * interval '1 millisecond' end,
        updated_at = now()
      returning previous_secret_until as "previousUntil"`,
    values: [place.workspaceId, place.channelId, sealed, overlapMs],
  });
  return rows[0]!.previousUntil;
}
