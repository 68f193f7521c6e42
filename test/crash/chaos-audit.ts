// What must hold when the chaos is over, from what the receiver kept and what the database has, without the help of
// Parley: nothing lost, nothing invented, everything in order.

import type { Arrival, ChaosCallback } from './chaos-callback.ts';
import type { Visit } from './chaos-customers.ts';

type Query = <Row extends Record<string, unknown>>(text: string) => Promise<Row[]>;

type Logged = {
  conversationId: number;
  sequence: number;
  channel: string;
  name: string;
  body: string;
  parked: string | null;
};

const logSql = `
  select e.conversation_id::float8 as "conversationId", e.sequence, c.name as channel, e.name, e.body,
    d.reason as parked
  from outbound_events e
  join channels c on c.workspace_id = e.workspace_id and c.id = e.channel_id
  left join dead_letters d on d.workspace_id = e.workspace_id
    and d.conversation_id = e.conversation_id and d.sequence = e.sequence
  order by e.conversation_id, e.sequence`;

type Lane = {
  conversationId: number;
  next: number;
  last: number;
  count: number;
  gap: number | null;
};

const lanesSql = `
  select v.id::float8 as "conversationId", v.event_count as count, l.next_sequence as next,
    l.last_sequence as last, l.gap_from as gap
  from conversations v
  left join delivery_lanes l on l.workspace_id = v.workspace_id and l.conversation_id = v.id`;

/** Compares the log with what arrived. @returns the faults, and how much there was to compare. */
export async function findDeliveryFaults(
  query: Query,
  callback: ChaosCallback,
  mayPark: (channel: string, event: { event_name: string }) => boolean,
): Promise<{ faults: string[]; events: number; parked: number; gaps: number }> {
  const faults = [...callback.faults];
  const log = await query<Logged>(logSql);
  const arrivals = Map.groupBy(callback.arrivals, ({ conversationId }) => conversationId);
  const byConversation = Map.groupBy(log, ({ conversationId }) => conversationId);
  let gaps = 0;
  for (const [id, events] of byConversation) {
    const arrived = arrivals.get(id) ?? [];
    faults.push(...findFaultsOfLog(id, events, mayPark));
    faults.push(...findFaultsOfOrder(id, events, arrived));
    const content = findFaultsOfContent(id, events, arrived);
    faults.push(...content.faults);
    gaps += content.gaps;
  }
  for (const [id, invented] of arrivals) {
    if (!byConversation.has(id)) faults.push(`${id}: not in the log: ${invented[0]!.text}`);
  }
  faults.push(...findFaultsOfLanes(await query<Lane>(lanesSql), byConversation));
  const parked = log.filter((event) => event.parked !== null).length;
  return { faults, events: log.length, parked, gaps };
}

/** The log counts 1, 2, 3…, and just what the receiver never takes was given up. */
function findFaultsOfLog(
  id: number,
  events: readonly Logged[],
  mayPark: (channel: string, event: { event_name: string }) => boolean,
): string[] {
  return events.flatMap(({ sequence, channel, body, parked }, index) => {
    const faults: string[] = [];
    const event = JSON.parse(body) as { event_name: string };
    if (sequence !== index + 1) faults.push(`${id}: event ${index + 1} has sequence ${sequence}`);
    const isExpected = mayPark(channel, event);
    if (isExpected !== (parked !== null)) faults.push(`${id}/${sequence}: parked ${parked}`);
    return faults;
  });
}

/** An event arrives only when all before it were taken or given up, and all but those given up were taken. */
function findFaultsOfOrder(
  id: number,
  events: readonly Logged[],
  arrived: readonly Arrival[],
): string[] {
  const faults: string[] = [];
  const taken = new Set<number>();
  const parked = new Set(events.filter((one) => one.parked !== null).map((one) => one.sequence));
  let before: Arrival | undefined;
  for (const arrival of arrived) {
    const { sequence, generation } = arrival;
    for (let earlier = 1; earlier < sequence; earlier += 1) {
      if (taken.has(earlier) || parked.has(earlier)) continue;
      faults.push(`${id}/${sequence} arrived before ${earlier} was taken`);
    }
    if (before?.generation === generation && before.sequence > sequence) {
      const times = `${before.sequence} at ${before.atMs}, ${sequence} at ${arrival.atMs}`;
      faults.push(`${id}: ${times}, from server ${generation}`);
    }
    if (arrival.mayBeAccepted) taken.add(sequence);
    before = arrival;
  }
  const known = new Set(arrived.filter((one) => one.isAccepted).map((one) => one.sequence));
  for (const { sequence } of events) {
    if (!known.has(sequence) && !parked.has(sequence)) faults.push(`${id}/${sequence} is lost`);
    if (known.has(sequence) && parked.has(sequence)) faults.push(`${id}/${sequence} was taken`);
  }
  return faults;
}

/** Everything that arrives is in the log, byte for byte, but for the gap that the log does not know. */
function findFaultsOfContent(
  id: number,
  events: readonly Logged[],
  arrived: readonly Arrival[],
): { faults: string[]; gaps: number } {
  const faults: string[] = [];
  const first = new Map<number, string>();
  for (const { sequence, text } of arrived) {
    const logged = events[sequence - 1];
    const expected = logged && logged.body.slice(0, -1) + gapBefore(events, sequence);
    if (text !== expected) faults.push(`${id}/${sequence} is ${text}, and should be ${expected}`);
    if ((first.get(sequence) ?? text) !== text) faults.push(`${id}/${sequence} changed: ${text}`);
    first.set(sequence, text);
  }
  const gaps = [...first.values()].filter((text) => text.includes('"gap":')).length;
  return { faults, gaps };
}

/** How the text of an event goes on after the log's. */
function gapBefore(events: readonly Logged[], sequence: number): string {
  let from = sequence;
  while (from > 1 && events[from - 2]!.parked !== null) from -= 1;
  return from === sequence ? '}' : `,"gap":{"from":${from},"to":${sequence - 1}}}`;
}

/** Lanes stand at the end of the log, and remember a gap that nobody could be told of. */
function findFaultsOfLanes(
  lanes: readonly Lane[],
  log: ReadonlyMap<number, readonly Logged[]>,
): string[] {
  return lanes.flatMap(({ conversationId: id, next, last, count, gap }) => {
    const events = log.get(id) ?? [];
    const isAtEnd = events.length === count && next === count + 1 && last === count;
    const open = gapBefore(events, count + 1);
    const isGapKept = gap === null ? open === '}' : open.includes(`"from":${gap},`);
    return isAtEnd && isGapKept
      ? []
      : [`${id}: ${events.length} events, lane ${next} of ${last}, counted ${count}, gap ${gap}`];
  });
}

/** How a conversation stands: everything that does not depend on when something happened. */
const outcomeSql = `
  select v.external_id as id, c.name as channel, v.state, v.custom_attributes as attributes,
    v.run ->> 'name' as workflow, v.run ->> 'status' as run, v.run ->> 'stepId' as step,
    v.run ->> 'endReason' as reason, v.wake_at is null as "isQuiet",
    v.part_count as parts_counted, v.admin_assignee_id as admin, t.name as team,
    (select json_agg(json_build_array(part_type, author_type, body, event_details, state, assigned_to)
        order by position) from conversation_parts p
      where p.workspace_id = v.workspace_id and p.conversation_id = v.id) as parts,
    (select json_agg(json_build_array(name, body::json #>> '{message,body_text}',
        body::json ->> 'status', body::json #>> '{assignee,name}') order by sequence)
      from outbound_events e
      where e.workspace_id = v.workspace_id and e.conversation_id = v.id) as events,
    (select json_agg(kind order by ordinal) from conversation_signals s
      where s.workspace_id = v.workspace_id and s.conversation_id = v.id) as signals
  from conversations v
  join channels c on c.workspace_id = v.workspace_id and c.id = v.channel_id
  left join teams t on t.workspace_id = v.workspace_id and t.id = v.team_assignee_id`;

/** How every conversation stands, by the app's id of it. */
export async function readOutcomes(query: Query): Promise<Map<string, string>> {
  const rows = await query<{ id: string }>(outcomeSql);
  return new Map(rows.map(({ id, ...outcome }) => [id, JSON.stringify(outcome, null, 1)]));
}

/** Compares what the chaos made of each script with what a clean run makes of it. @returns the faults. */
export function findOutcomeFaults(
  outcomes: ReadonlyMap<string, string>,
  visits: readonly Visit[],
): string[] {
  const faults: string[] = [];
  const clean = new Map<string, string>();
  for (const { script, externalId } of visits.filter((one) => one.externalId.startsWith('clean'))) {
    const before = clean.get(script.name) ?? outcomes.get(externalId)!;
    clean.set(script.name, before);
    if (outcomes.get(externalId) !== before) faults.push(`clean runs of ${script.name} differ`);
  }
  for (const { script, externalId } of visits) {
    const [is, should] = [outcomes.get(externalId), clean.get(script.name)];
    if (is === undefined || is !== should)
      faults.push(`${externalId} is ${is}, and should be ${should}`);
  }
  if (outcomes.size !== visits.length) {
    faults.push(`${outcomes.size} conversations of ${visits.length} visits`);
  }
  return faults;
}
