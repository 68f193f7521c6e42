// The enabled callbacks, for delivery: reads them, with secrets still sealed, and disables one.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type CallbackRow = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly url: string;
  readonly format: 'parley' | 'intercom';
  readonly timeoutMs: number;
  /** The delays between retries; null: the default schedule. */
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly tokenHeader: string | null;
  readonly tokenSealed: Buffer | null;
  readonly secretSealed: Buffer;
  /** The previous secret, during a rotation. */
  readonly previousSecretSealed: Buffer | null;
};

export type EnabledCallbackRow = CallbackRow & {
  /** Since when the endpoint has been failing; null: it is healthy, or unknown. */
  readonly failingSince: number | null;
  readonly failingReason: string | null;
};

const callbacksSql = `
  select b.workspace_id as "workspaceId", b.channel_id as "channelId", b.url, b.format,
    b.timeout_ms as "timeoutMs", b.retry_delays_ms as "retryDelaysMs",
    b.allowed_cidrs as "allowedCidrs", b.token_header as "tokenHeader",
    b.token_sealed as "tokenSealed", b.secret_sealed as "secretSealed",
    case when b.previous_secret_until > now() then b.previous_secret_sealed end
      as "previousSecretSealed",
    h.failing_since as "failingSince", h.reason as "failingReason"
  from channel_callbacks as b
  left join callback_health as h
    on h.workspace_id = b.workspace_id and h.channel_id = b.channel_id and h.url = b.url
  where b.url is not null and b.disabled_at is null`;

/** Reads all enabled callbacks with a URL, of all workspaces. */
export function readEnabledCallbacks(pool: Pool): Promise<EnabledCallbackRow[]> {
  return runStatement<EnabledCallbackRow>(pool, { name: 'delivery_callbacks', text: callbacksSql });
}

// A trigger counts each change of a callback in the workspace's config_version, and an apply locks the workspace before
// its callbacks. This statement locks in the same order and holds no lanes, so the two cannot deadlock.
const disableSql = `
with locked as materialized (
  select id from workspaces where id = $1 for no key update
)
update channel_callbacks as b set disabled_at = now(), disabled_reason = $4, updated_at = now()
from locked
where b.workspace_id = locked.id and b.channel_id = $2 and b.url = $3 and b.disabled_at is null`;

export type GoneCallback = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly url: string;
  readonly reason: string;
};

/** Disables a callback, unless its URL has changed or it is already disabled. */
export async function disableCallback(pool: Pool, gone: GoneCallback): Promise<void> {
  const { workspaceId, channelId, url, reason } = gone;
  const values = [workspaceId, channelId, url, reason];
  await runStatement(pool, { name: 'delivery_disable', text: disableSql, values });
}
