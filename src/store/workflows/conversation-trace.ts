// Reads the recorded signals of a conversation with the traces of its workflows, and the buttons that it waits for.
// Only the engine writes them (engine/persist-effects.ts).

import type { Json } from '../../core/model/model.ts';
import type { TraceEntry } from '../../core/workflow/run/run.ts';
import type { Connection } from '../../database/pool.ts';

export type SignalRow = {
  readonly ordinal: number;
  readonly receivedAt: number;
  readonly kind: string;
  readonly content: { readonly [key: string]: Json };
  readonly trace: readonly TraceEntry[];
};

export type TracePage = {
  readonly limit: number;
  /** Pages forward from this ordinal; null: the newest signals. */
  readonly after: number | null;
  /** The bytes of texts; the first row of the page is always included. */
  readonly bytesMax: number;
};

/** Finds signals of a conversation, oldest first, without the responses of webhooks, which are only for replays. */
export async function findSignals(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
  { limit, after, bytesMax }: TracePage,
): Promise<SignalRow[]> {
  const isNewest = after === null;
  const order = isNewest ? 'desc' : 'asc';
  const { rows } = await connection.query<SignalRow>({
    name: `find_signals_${order}`,
    text: `select ordinal, received_at as "receivedAt", kind, content::jsonb - 'answer' as content, trace
      from (
        select *, coalesce(sum(octet_length(trace::text) + octet_length(content::text)) over (
            order by ordinal ${order} rows between unbounded preceding and 1 preceding), 0) as bytes_before
        from (
          select * from conversation_signals
          where workspace_id = $1 and conversation_id = $2 and ordinal > $3
          order by ordinal ${order} limit $4) as page) as measured
      where bytes_before = 0
        or bytes_before + octet_length(trace::text) + octet_length(content::text) <= $5
      order by ordinal ${order}`,
    values: [workspaceId, conversationId, after ?? 0, limit, bytesMax],
  });
  return isNewest ? rows.reverse() : rows;
}

export type OfferedButton = { readonly text: string; readonly uuid: string };

/** Finds the buttons that the prompt at a position offered. */
export async function findPromptOptions(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
  position: number,
): Promise<readonly OfferedButton[]> {
  const { rows } = await connection.query<{ options: readonly OfferedButton[] | null }>({
    name: 'find_prompt_options',
    text: `select metadata -> 'quick_reply_options' as options from conversation_parts
      where workspace_id = $1 and conversation_id = $2 and position = $3`,
    values: [workspaceId, conversationId, position],
  });
  return rows[0]?.options ?? [];
}

/** Reads the ordinal of the last recorded signal; null if there is no such conversation. */
export async function findSignalCount(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
): Promise<number | null> {
  const { rows } = await connection.query<{ count: number }>({
    name: 'find_signal_count',
    text: `select signal_count as count from conversations
      where workspace_id = $1 and id = $2 and deleted_at is null`,
    values: [workspaceId, conversationId],
  });
  return rows[0]?.count ?? null;
}
