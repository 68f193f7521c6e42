// The callbacks of channels as delivery needs them: only those that are told anything now. Secrets come out sealed.

import type { Pool } from '../database/pool.ts';
import { runStatement } from './run-statement.ts';

export type CallbackRow = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly url: string;
  readonly format: 'parley' | 'intercom';
  readonly timeoutMs: number;
  /** Null: the default schedule. */
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly tokenHeader: string | null;
  readonly tokenSealed: Buffer | null;
  readonly secretSealed: Buffer;
  /** While receivers may still know only the secret before the present one. */
  readonly previousSecretSealed: Buffer | null;
};

const callbacksSql = `
  select workspace_id as "workspaceId", channel_id as "channelId", url, format,
    timeout_ms as "timeoutMs", retry_delays_ms as "retryDelaysMs", allowed_cidrs as "allowedCidrs",
    token_header as "tokenHeader", token_sealed as "tokenSealed", secret_sealed as "secretSealed",
    case when previous_secret_until > now() then previous_secret_sealed end as "previousSecretSealed"
  from channel_callbacks
  where url is not null and disabled_at is null`;

/** All callbacks with a URL that are not disabled, of all workspaces. */
export function readEnabledCallbacks(pool: Pool): Promise<CallbackRow[]> {
  return runStatement<CallbackRow>(pool, { name: 'delivery_callbacks', text: callbacksSql });
}
