// Stores the health of endpoints for commands and for servers that start later. Decides nothing.

import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type HealthRow = {
  readonly workspaceId: number;
  readonly channelId: number;
  /** The URL of the endpoint. */
  readonly url: string;
  /** Since when the endpoint has been failing, in milliseconds since 1970; null: it is healthy. */
  readonly failingSince: number | null;
  readonly reason: string | null;
};

/** Stores whether an endpoint is failing. */
export async function saveHealth(pool: Pool, row: HealthRow): Promise<void> {
  await runStatement(pool, {
    name: 'save_callback_health',
    text: `insert into callback_health (workspace_id, channel_id, url, failing_since, reason)
      values ($1, $2, $3, from_ms($4), $5)
      on conflict (workspace_id, channel_id) do update set
        url = excluded.url, failing_since = excluded.failing_since, reason = excluded.reason,
        changed_at = now()`,
    values: [row.workspaceId, row.channelId, row.url, row.failingSince, row.reason],
  });
}
