// The pieces of the engine's writing statement for the effects of signals: parts, outbound events and the lanes that
// deliver them, jobs, prompts, and the records of the signals. persist.ts puts the pieces together and runs them.

import type { LogEntry } from '../../core/conversation/change.ts';
import type { Job } from '../../core/conversation/signal.ts';
import type { SignalRecord } from '../../core/conversation/transition.ts';
import type { Attachment } from '../../core/model/file.ts';
import type { Part } from '../../core/model/model.ts';
import { bigint, type Columns, integer, json, text, timestamptz } from '../sql/column-arrays.ts';
import type { GroupWrite, SignalOutcome } from './group-write.ts';
import { inOrder, type Piece, piece } from './persist-piece.ts';

/** An effect with its signal. */
type Made<Thing> = { readonly signal: SignalOutcome; readonly thing: Thing };

/** Lists the effects of a kind, in the order of the signals. */
const madeBy =
  <Thing>(thingsOf: (outcome: SignalOutcome['outcome']) => readonly Thing[]) =>
  ({ outcomes }: GroupWrite): readonly Made<Thing>[] =>
    outcomes.flatMap((signal) => thingsOf(signal.outcome).map((thing) => ({ signal, thing })));

type Lane = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly conversationId: number;
  readonly first: number;
  readonly last: number;
};

/** Returns one lane for each conversation with new events, from the first of them to the last. */
function lanesOf({ outcomes }: GroupWrite): readonly Lane[] {
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

type OfferedOption = {
  readonly workspaceId: number;
  readonly conversationId: number;
  readonly optionId: string;
  readonly text: string;
};

/** Lists each option once, as last offered. */
function optionsOf({ outcomes }: GroupWrite): readonly OfferedOption[] {
  const options = new Map<string, OfferedOption>();
  for (const { workspaceId, outcome } of outcomes) {
    const conversationId = outcome.conversation.id;
    for (const option of outcome.offeredOptions) {
      const key = `${workspaceId} ${conversationId} ${option.optionId}`;
      options.set(key, { workspaceId, conversationId, ...option });
    }
  }
  return inOrder([...options.values()], ({ conversationId }) => conversationId);
}

type PartFile = Pick<Part, 'conversationId' | 'position'> & {
  readonly ordinal: number;
  readonly file: Attachment;
};

const none: readonly PartFile[] = [];

/** Lists the files of the new parts. */
const partFilesOf = ({ parts }: SignalOutcome['outcome']): readonly PartFile[] =>
  parts.some(({ attachments }) => attachments !== undefined)
    ? parts.flatMap(({ conversationId, position, attachments = [] }) =>
        attachments.map((file, ordinal) => ({ conversationId, position, ordinal, file })),
      )
    : none;

type RedactedPart = Pick<Part, 'id' | 'position'>;

const redactedColumns: Columns<Made<RedactedPart>> = {
  workspace_id: bigint(({ signal }) => signal.workspaceId),
  conversation_id: bigint(({ signal }) => signal.outcome.conversation.id),
  position: integer(({ thing }) => thing.position),
};

export const effectPieces: readonly Piece[] = [
  piece<Made<Part>>({
    name: 'new_parts',
    rowsOf: madeBy(({ parts }) => parts),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      conversation_id: bigint(({ thing }) => thing.conversationId),
      position: integer(({ thing }) => thing.position),
      id: bigint(({ thing }) => thing.id),
      part_type: text(({ thing }) => thing.partType),
      body: text(({ thing }) => thing.body),
      author_type: text(({ thing }) => thing.author.type),
      author_id: text(({ thing }) => thing.author.id),
      external_id: text(({ thing }) => thing.externalId),
      metadata: json(({ thing }) => thing.metadata),
      event_details: json(({ thing }) => thing.eventDetails),
      state: text(({ thing }) => thing.state),
      assigned_to: json(({ thing }) => thing.assignedTo),
      created_at: timestamptz(({ thing }) => thing.createdAt),
      created_by_signal: bigint(({ signal }) => signal.signalNumber),
    },
    sql: ({ names, rows }) => `insert into conversation_parts (${names}) select ${rows}`,
  }),
  piece<Made<PartFile>>({
    name: 'new_part_files',
    rowsOf: madeBy(partFilesOf),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      conversation_id: bigint(({ thing }) => thing.conversationId),
      position: integer(({ thing }) => thing.position),
      ordinal: integer(({ thing }) => thing.ordinal),
      file_id: text(({ thing }) => thing.file.id),
    },
    sql: ({ names, rows }) => `insert into part_files (${names}) select ${rows}`,
  }),
  piece<Made<PartFile>>({
    name: 'files_to_fetch',
    rowsOf: madeBy((outcome) => partFilesOf(outcome).filter(({ file }) => file.toFetch)),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      id: text(({ thing }) => thing.file.id),
      name: text(({ thing }) => thing.file.name),
      state: text(({ thing }) => thing.file.state),
      place: text(({ thing }) => thing.file.toFetch!.place),
      source_url: text(({ thing }) => thing.file.toFetch!.url),
    },
    // Due at once, by the clock that claims use.
    sql: ({ names, rows }) => `insert into files (${names}, due_at) select ${rows}, now()`,
  }),
  piece<Made<LogEntry>>({
    name: 'new_outbound',
    rowsOf: madeBy(({ events }) => events),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      conversation_id: bigint(({ thing }) => thing.conversationId),
      sequence: integer(({ thing }) => thing.sequence),
      channel_id: bigint(({ signal }) => signal.channelId),
      name: text(({ thing }) => thing.name),
      body: text(({ thing }) => thing.body),
      created_at: timestamptz(({ thing }) => thing.createdAt),
    },
    sql: ({ names, rows }) => `insert into outbound_events (${names}, position)
  select ${rows}, (select next_position())`,
  }),
  piece<Lane>({
    // Only for channels with a callback: other lanes would never be delivered.
    name: 'lanes',
    rowsOf: lanesOf,
    columns: {
      workspace_id: bigint((lane) => lane.workspaceId),
      conversation_id: bigint((lane) => lane.conversationId),
      channel_id: bigint((lane) => lane.channelId),
      next_sequence: integer((lane) => lane.first),
      last_sequence: integer((lane) => lane.last),
    },
    sql: ({ names, rows }) => `insert into delivery_lanes as l (${names}, due_at)
  select r.*, now() from (select ${rows}) as r
  cross join lateral (
    select 1 from channel_callbacks
    where workspace_id = r.workspace_id and channel_id = r.channel_id and url is not null
    limit 1) as called
  on conflict (workspace_id, conversation_id) do update set
    last_sequence = excluded.last_sequence, due_at = coalesce(l.due_at, excluded.due_at)`,
  }),
  piece<Made<SignalRecord>>({
    name: 'new_signals',
    rowsOf: madeBy(({ record }) => (record === null ? [] : [record])),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      conversation_id: bigint(({ signal }) => signal.outcome.conversation.id),
      ordinal: integer(({ thing }) => thing.ordinal),
      signal_number: bigint(({ signal }) => signal.signalNumber),
      kind: text(({ thing }) => thing.kind),
      content: json(({ thing }) => thing.content),
      trace: json(({ signal }) => signal.outcome.trace),
      received_at: timestamptz(({ signal }) => signal.receivedAt),
    },
    sql: ({ names, rows }) => `insert into conversation_signals (${names}) select ${rows}`,
  }),
  piece<Made<Job>>({
    name: 'new_jobs',
    rowsOf: madeBy(({ jobs }) => jobs),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      id: bigint(({ thing }) => thing.id),
      conversation_id: bigint(({ thing }) => thing.conversationId),
      channel_id: bigint(({ signal }) => signal.channelId),
      kind: text(({ thing }) => thing.kind),
      content: json(({ thing }) => thing.content),
      created_at: timestamptz(({ thing }) => thing.createdAt),
    },
    // Due at once, by the clock that claims use.
    sql: ({ names, rows }) => `insert into jobs (${names}, due_at) select ${rows}, now()`,
  }),
  piece<Made<number>>({
    name: 'finished_jobs',
    rowsOf: madeBy(({ finishedJobIds }) => finishedJobIds),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      id: bigint(({ thing }) => thing),
    },
    sql: ({ rows }) => `delete from jobs as j using (select ${rows}) as r
  where j.workspace_id = r.workspace_id and j.id = r.id`,
  }),
  piece<OfferedOption>({
    name: 'new_options',
    rowsOf: optionsOf,
    columns: {
      workspace_id: bigint((option) => option.workspaceId),
      conversation_id: bigint((option) => option.conversationId),
      option_id: text((option) => option.optionId),
      text: text((option) => option.text),
    },
    sql: ({ names, rows }) => `insert into quick_reply_options (${names}) select ${rows}
  on conflict (workspace_id, conversation_id, option_id) do update set text = excluded.text`,
  }),
  piece<Made<RedactedPart>>({
    name: 'redacted_parts',
    rowsOf: madeBy(({ redactedParts }) => redactedParts),
    columns: redactedColumns,
    sql: ({ rows }) => `update conversation_parts as p set body = null, is_redacted = true
  from (select ${rows}) as r
  where p.workspace_id = r.workspace_id and p.conversation_id = r.conversation_id
    and p.position = r.position`,
  }),
  piece<Made<RedactedPart>>({
    // In events that wait for delivery too: the text is not to be read any more.
    name: 'redacted_events',
    rowsOf: madeBy(({ redactedParts }) => redactedParts),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      conversation_id: bigint(({ signal }) => signal.outcome.conversation.id),
      part_id: text(({ thing }) => String(thing.id)),
    },
    sql: ({ rows }) => `update outbound_events as e set body = without_words(e.body, r.part_id)
  from (select ${rows}) as r
  where e.workspace_id = r.workspace_id and e.conversation_id = r.conversation_id
    and strpos(e.body, r.part_id) > 0`,
  }),
  piece<Made<RedactedPart>>({
    // The bytes go unless another part has the file too (src/jobs/old-files.ts).
    name: 'redacted_files',
    rowsOf: madeBy(({ redactedParts }) => redactedParts),
    columns: redactedColumns,
    sql: ({ rows }) => `update files as f set remove_at = now()
  from (select ${rows}) as r
  join part_files p on p.workspace_id = r.workspace_id and p.conversation_id = r.conversation_id
    and p.position = r.position
  where f.workspace_id = p.workspace_id and f.id = p.file_id`,
  }),
  piece<Made<RedactedPart>>({
    name: 'redacted_part_files',
    rowsOf: madeBy(({ redactedParts }) => redactedParts),
    columns: redactedColumns,
    sql: ({ rows }) => `delete from part_files as p using (select ${rows}) as r
  where p.workspace_id = r.workspace_id and p.conversation_id = r.conversation_id
    and p.position = r.position`,
  }),
  piece<Made<string>>({
    name: 'new_requests',
    rowsOf: madeBy(({ requestedAttributes }) => requestedAttributes),
    columns: {
      workspace_id: bigint(({ signal }) => signal.workspaceId),
      conversation_id: bigint(({ signal }) => signal.outcome.conversation.id),
      attribute_id: text(({ thing }) => thing),
    },
    sql: ({ names, rows }) => `insert into attribute_requests (${names}) select ${rows}
  on conflict do nothing`,
  }),
];
