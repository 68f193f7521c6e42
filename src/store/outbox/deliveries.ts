// Finds outbound events by the state of their delivery, a page at a time. A page walks along an index and examines a
// bounded number of rows, so that a filter that fits few of them costs no more than one that fits many: such a page is
// short, and its end leads on.

import type { Connection } from '../../database/pool.ts';
import { type Delivery, readDeliveries } from './delivery-details.ts';
import { type EventState, eventStateOf } from './due-now.ts';
import type { EventKey } from './event-admin.ts';
import { walkIndexes } from './event-log.ts';

/** The most rows that one page examines. */
const EXAMINED_MAX = 5_000;
/** Times in the log increase only roughly: servers decide side by side. */
const TIME_SLACK_MS = 10_000;

/** A place in the order of a source, just after the event there. */
export type DeliveryPlace = EventKey & {
  /** A position in the log, or microseconds; 0 where the key alone is the order. */
  readonly place: number;
};

type Candidate = DeliveryPlace & {
  readonly channelId: number;
  readonly name: string;
  readonly createdAt: number;
  /** Whether the source has it in this state. */
  readonly isThere: boolean;
};

export type DeliveryQuery = {
  readonly workspaceId: number;
  readonly channelIds: readonly number[];
  /** Null: any, as in the fields below. */
  readonly conversationId: number | null;
  readonly state: EventState | null;
  readonly eventName: string | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly after: DeliveryPlace | null;
  readonly count: number;
};

export type DeliveryPage = {
  readonly deliveries: readonly Delivery[];
  /** Where the next page begins; null: there is none. */
  readonly end: DeliveryPlace | null;
};

/** Where events of a state are found. */
export type DeliverySource =
  | 'log'
  | 'conversation'
  | 'lanes'
  | 'resends'
  | 'dead_letters'
  | 'discarded';

/** Returns where the events of a query are found. */
export function sourceOf({
  state,
  conversationId,
}: Pick<DeliveryQuery, 'state' | 'conversationId'>): DeliverySource {
  if (conversationId !== null) return 'conversation';
  switch (state) {
    case 'waiting':
      return 'lanes';
    case 'resending':
      return 'resends';
    case 'given_up':
      return 'dead_letters';
    case 'discarded':
      return 'discarded';
    default:
      return 'log';
  }
}

const columns = `e.conversation_id as "conversationId", e.sequence, e.channel_id as "channelId",
  e.name, e.created_at as "createdAt"`;

const microseconds = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;
const timeOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

const eventOf = (keys: string) => `join outbound_events e
  on e.workspace_id = ${keys}.workspace_id and e.conversation_id = ${keys}.conversation_id`;

/** Of rows in the order of their keys alone. */
const inKeyOrder = (table: string, isThere: string) => `
  select 0 as place, ${columns}, ${isThere} as "isThere" from (
    select * from ${table}
    where workspace_id = $1 and (conversation_id, sequence) > ($4, $5) and $3::bigint is not null
    order by conversation_id, sequence limit $6) as k
  ${eventOf('k')} and e.sequence = k.sequence
  order by k.conversation_id, k.sequence`;

/** Each source: $1 workspace, $2 channels, $3 to $5 the place after which to continue, $6 the most rows. */
const deliverySources: Readonly<Record<DeliverySource, string>> = {
  log: `
    select e.position as place, ${columns}, true as "isThere" from unnest($2::bigint[]) as channel(id)
    cross join lateral (
      select position, conversation_id, sequence, channel_id, name, created_at from outbound_events
      where workspace_id = $1 and channel_id = channel.id
        and (position, conversation_id, sequence) < ($3, $4, $5)
      order by position desc, conversation_id desc, sequence desc limit $6) as e
    order by e.position desc, e.conversation_id desc, e.sequence desc limit $6`,
  conversation: `
    select 0 as place, ${columns}, e.channel_id = any($2::bigint[]) as "isThere" from outbound_events e
    where e.workspace_id = $1 and e.conversation_id = $4 and e.sequence < $5 and $3::bigint is not null
    order by e.sequence desc limit $6`,
  lanes: `
    select found.* from unnest($2::bigint[]) as channel(id)
    cross join lateral (
      select ${microseconds('l.due_at')} as place, ${columns}, true as "isThere"
      from delivery_lanes l ${eventOf('l')} and e.sequence between l.next_sequence and l.last_sequence
      where l.workspace_id = $1 and l.channel_id = channel.id and l.due_at >= ${timeOf('$3')}
        and (l.due_at, e.conversation_id, e.sequence) > (${timeOf('$3')}, $4, $5)
      order by l.due_at, e.conversation_id, e.sequence limit $6) as found
    order by found.place, found."conversationId", found.sequence limit $6`,
  resends: inKeyOrder('delivery_resends', 'e.channel_id = any($2::bigint[])'),
  dead_letters: `
    select found.* from unnest($2::bigint[]) as channel(id)
    cross join lateral (
      select ${microseconds('d.parked_at')} as place, ${columns}, true as "isThere"
      from dead_letters d ${eventOf('d')} and e.sequence = d.sequence
      where d.workspace_id = $1 and d.channel_id = channel.id and d.discarded_at is null
        and d.parked_at <= ${timeOf('$3')}
        and (d.parked_at, d.conversation_id, d.sequence) < (${timeOf('$3')}, $4, $5)
      order by d.parked_at desc, d.conversation_id desc, d.sequence desc limit $6) as found
    order by found.place desc, found."conversationId" desc, found.sequence desc limit $6`,
  discarded: inKeyOrder(
    'dead_letters',
    'k.discarded_at is not null and e.channel_id = any($2::bigint[])',
  ),
};

const SEQUENCE_MAX = 2 ** 31 - 1;
const first: DeliveryPlace = { place: 0, conversationId: 0, sequence: 0 };
/** Also the year 2255 in microseconds. */
const last: DeliveryPlace = { place: Number.MAX_SAFE_INTEGER, conversationId: 0, sequence: 0 };

/** Lists the ids of the channels of a workspace. */
export async function listChannelIds(
  connection: Connection,
  workspaceId: number,
): Promise<readonly number[]> {
  const { rows } = await connection.query<{ id: number }>(
    'select id from channels where workspace_id = $1 order by id',
    [workspaceId],
  );
  return rows.map(({ id }) => id);
}

/** Finds a page of events. Call it in a transaction. */
export async function findDeliveries(
  connection: Connection,
  query: DeliveryQuery,
): Promise<DeliveryPage> {
  const { workspaceId, state, count, sinceMs } = query;
  const source = sourceOf(query);
  const isFiltered = query.eventName !== null || sinceMs !== null || query.untilMs !== null;
  const isWhole =
    !isFiltered && (state === null ? source === 'log' : ['lanes', 'dead_letters'].includes(source));
  const limit = isWhole ? count + 1 : EXAMINED_MAX;
  /** Whether the source has events of the wanted state alone. */
  const isSelected = state === null || !['log', 'conversation'].includes(source);
  const after = query.after ?? (await beginOf(connection, query, source));
  const candidates = await readCandidates(connection, query, source, after, limit);
  const fitting = candidates.filter((one) => one.isThere && fits(one, query));
  const found: Delivery[] = [];
  let end = candidates.length === limit ? candidates.at(-1)! : null;
  for (let at = 0; at < fitting.length && found.length < count; ) {
    const some = fitting.slice(at, at + count - found.length);
    at += some.length;
    for (const delivery of await readDeliveries(connection, workspaceId, some)) {
      // A dead letter that is sent again stays one until it is delivered.
      const isOfState = isSelected || eventStateOf(delivery, delivery.sequence) === state;
      if (isOfState) found.push(delivery);
    }
    if (found.length === count && (at < fitting.length || end !== null)) end = some.at(-1)!;
  }
  const isPast =
    source === 'log' && sinceMs !== null && end !== null && end.createdAt < sinceMs - TIME_SLACK_MS;
  return { deliveries: found, end: isPast ? null : end };
}

const fits = (
  { name, createdAt }: Candidate,
  { eventName, sinceMs, untilMs }: DeliveryQuery,
): boolean =>
  (eventName === null || name === eventName) &&
  (sinceMs === null || createdAt >= sinceMs) &&
  (untilMs === null || createdAt < untilMs);

async function readCandidates(
  connection: Connection,
  { workspaceId, channelIds }: DeliveryQuery,
  source: DeliverySource,
  { place, conversationId, sequence }: DeliveryPlace,
  limit: number,
): Promise<readonly Candidate[]> {
  await connection.query(walkIndexes);
  const { rows } = await connection.query<Candidate>({
    text: deliverySources[source],
    values: [workspaceId, channelIds, place, conversationId, sequence, limit],
  });
  return rows;
}

async function beginOf(
  connection: Connection,
  query: DeliveryQuery,
  source: DeliverySource,
): Promise<DeliveryPlace> {
  if (source === 'dead_letters') return last;
  if (query.conversationId !== null) {
    return { place: 0, conversationId: query.conversationId, sequence: SEQUENCE_MAX };
  }
  if (source !== 'log') return first;
  return query.untilMs === null ? last : findPlaceOfTime(connection, query, query.untilMs);
}

/** Finds a place in the log after all events before a time, by halving: times have no index of their own. */
async function findPlaceOfTime(
  connection: Connection,
  { workspaceId, channelIds }: DeliveryQuery,
  timeMs: number,
): Promise<DeliveryPlace> {
  await connection.query(walkIndexes);
  const eventAt = async (position: number, order: '' | 'desc') => {
    const { rows } = await connection.query<{ position: number; createdAt: number }>({
      text: `select e.position, e.created_at as "createdAt" from unnest($2::bigint[]) as channel(id)
        cross join lateral (
          select position, created_at from outbound_events
          where workspace_id = $1 and channel_id = channel.id and position >= $3
          order by position ${order} limit 1) as e
        order by e.position ${order} limit 1`,
      values: [workspaceId, channelIds, position],
    });
    return rows[0];
  };
  let low = (await eventAt(0, ''))?.position ?? 0;
  let high = ((await eventAt(0, 'desc'))?.position ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await eventAt(middle, '');
    if (found === undefined || found.createdAt > timeMs + TIME_SLACK_MS) high = middle;
    else low = found.position + 1;
  }
  return { place: high, conversationId: 0, sequence: 0 };
}
