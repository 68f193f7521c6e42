// The parts of the engine's writing statement that are about what signals leave behind: events for the app and the
// lanes that deliver them, jobs, prompts, and the record of the signals. engine-persist.ts puts them together and runs
// them.

import type { GroupWrite, SignalOutcome } from './engine-persist.ts';

/** One `with` query of the statement. */
export type Piece = {
  readonly cte: string;
  /** Whether the rows must be there already: then it counts those that were. */
  readonly isUpdate: boolean;
  /** In the order of a key: servers that lock the same rows in the same order cannot deadlock. */
  readonly rowsOf: (group: GroupWrite) => readonly object[];
};

/** Sorts rows by workspace and by the key that others meet them by: numbers as numbers, as `order by` does. */
export const inOrder = <Row extends { readonly workspaceId: number }>(
  rows: readonly Row[],
  keyOf: (row: Row) => string | number | null,
): Row[] =>
  rows
    .map((row) => ({ row, key: keyOf(row) ?? '' }))
    .sort((a, b) => a.row.workspaceId - b.row.workspaceId || compareKeys(a.key, b.key))
    .map(({ row }) => row);

function compareKeys(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The rows that each signal has, with what says where they belong. */
export const each = (
  { outcomes }: GroupWrite,
  rowsOf: (signal: SignalOutcome) => readonly object[],
): object[] =>
  outcomes.flatMap((signal) => {
    const { workspaceId, channelId, signalNumber } = signal;
    return rowsOf(signal).map((row) => ({ ...row, workspaceId, channelId, signalNumber }));
  });

type Lane = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  readonly first: number;
  readonly last: number;
};

/** One row for each conversation that has new events: from the first of them to the last. */
function lanesOf({ outcomes }: GroupWrite): object[] {
  const lanes = new Map<number, Lane>();
  for (const { workspaceId, channelId, outcome } of outcomes) {
    const last = outcome.events.at(-1);
    if (last === undefined) continue;
    const { conversationId, sequence: first } = outcome.events[0]!;
    const known = lanes.get(conversationId)?.first ?? first;
    const lane = { workspaceId, channelId, conversationId, first: known, last: last.sequence };
    lanes.set(conversationId, lane);
  }
  return inOrder([...lanes.values()], (lane) => lane.conversationId);
}

export const effectPieces: readonly Piece[] = [
  {
    isUpdate: false,
    rowsOf: (group) => each(group, ({ outcome }) => outcome.events),
    cte: `new_outbound as (
  insert into outbound_events
    (workspace_id, conversation_id, sequence, channel_id, name, body, position, created_at)
  select "workspaceId", "conversationId", sequence, "channelId", name, body,
    (select next_position()), from_ms("createdAt")
  from json_to_recordset($) as r(
    "workspaceId" bigint, "conversationId" bigint, sequence int, "channelId" bigint, name text, body text,
    "createdAt" bigint))`,
  },
  {
    // Only where somebody is to be called: a lane without a callback would wait for ever.
    isUpdate: false,
    rowsOf: lanesOf,
    cte: `lanes as (
  insert into delivery_lanes as l
    (workspace_id, conversation_id, channel_id, next_sequence, last_sequence, due_at)
  select r."workspaceId", r."conversationId", r."channelId", r.first, r.last, now()
  from json_to_recordset($) as r(
    "workspaceId" bigint, "conversationId" bigint, "channelId" bigint, first int, last int)
  cross join lateral (
    select 1 from channel_callbacks
    where workspace_id = r."workspaceId" and channel_id = r."channelId" and url is not null
    limit 1) as called
  on conflict (workspace_id, conversation_id) do update set
    last_sequence = excluded.last_sequence, due_at = coalesce(l.due_at, excluded.due_at))`,
  },
  {
    isUpdate: false,
    rowsOf: ({ outcomes }) =>
      outcomes.flatMap(({ workspaceId, signalNumber, receivedAt, outcome }) => {
        const { record, trace, conversation } = outcome;
        if (record === null) return [];
        const conversationId = conversation.id;
        return [{ ...record, trace, workspaceId, conversationId, signalNumber, receivedAt }];
      }),
    cte: `new_signals as (
  insert into conversation_signals
    (workspace_id, conversation_id, ordinal, signal_number, kind, content, trace, received_at)
  select "workspaceId", "conversationId", ordinal, "signalNumber", kind, content, trace,
    from_ms("receivedAt")
  from json_to_recordset($) as r(
    "workspaceId" bigint, "conversationId" bigint, ordinal int, "signalNumber" bigint, kind text,
    content jsonb, trace jsonb, "receivedAt" bigint))`,
  },
  {
    isUpdate: false,
    rowsOf: (group) => each(group, ({ outcome }) => outcome.jobs),
    cte: `new_jobs as (
  insert into jobs (workspace_id, id, conversation_id, channel_id, kind, content, due_at, created_at)
  select "workspaceId", id, "conversationId", "channelId", kind, content, from_ms("dueAt"),
    from_ms("dueAt")
  from json_to_recordset($) as r(
    "workspaceId" bigint, id bigint, "conversationId" bigint, "channelId" bigint, kind text,
    content jsonb, "dueAt" bigint))`,
  },
  {
    isUpdate: false,
    rowsOf: (group) =>
      each(group, ({ outcome }) => outcome.finishedJobIds.map((jobId) => ({ jobId }))),
    cte: `finished_jobs as (
  delete from jobs as j using json_to_recordset($) as r("workspaceId" bigint, "jobId" bigint)
  where j.workspace_id = r."workspaceId" and j.id = r."jobId")`,
  },
  {
    isUpdate: false,
    rowsOf: (group) =>
      each(group, ({ outcome }) =>
        outcome.offeredOptions.map((option) => ({
          ...option,
          conversationId: outcome.conversation.id,
        })),
      ),
    cte: `new_options as (
  insert into quick_reply_options (workspace_id, conversation_id, option_id, text)
  select distinct on ("workspaceId", "conversationId", "optionId")
    "workspaceId", "conversationId", "optionId", text
  from json_to_recordset($) as r(
    "workspaceId" bigint, "conversationId" bigint, "optionId" text, text text)
  on conflict (workspace_id, conversation_id, option_id) do update set text = excluded.text)`,
  },
  {
    isUpdate: false,
    rowsOf: (group) =>
      each(group, ({ outcome }) =>
        outcome.requestedAttributes.map((attributeId) => ({
          attributeId,
          conversationId: outcome.conversation.id,
        })),
      ),
    cte: `new_requests as (
  insert into attribute_requests (workspace_id, conversation_id, attribute_id)
  select distinct "workspaceId", "conversationId", "attributeId"
  from json_to_recordset($) as r(
    "workspaceId" bigint, "conversationId" bigint, "attributeId" text)
  on conflict do nothing)`,
  },
];
