// Checks the invariants after a chaos run, from the receiver's records and the database: no event lost, none invented,
// all in order.

import type { Arrival, ChaosCallback } from './chaos-callback.ts';
import type { Session } from './chaos-customers.ts';

type Query = <Row extends Record<string, unknown>>(text: string) => Promise<Row[]>;

type Logged = {
  conversationId: number;
  sequence: number;
  channel: string;
  name: string;
  body: string;
  deadLetter: string | null;
};

const logSql = `
  select e.conversation_id::float8 as "conversationId", e.sequence, c.name as channel, e.name, e.body,
    d.reason as "deadLetter"
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

/** Compares the event log with what arrived. @returns the violations, and how much was compared. */
export async function findDeliveryViolations(
  query: Query,
  callback: ChaosCallback,
  isExpectedDeadLetter: (channel: string, event: { event_name: string }) => boolean,
): Promise<{ violations: string[]; events: number; deadLetters: number; gaps: number }> {
  const violations = [...callback.violations];
  const log = await query<Logged>(logSql);
  const arrivals = Map.groupBy(callback.arrivals, ({ conversationId }) => conversationId);
  const byConversation = Map.groupBy(log, ({ conversationId }) => conversationId);
  let gaps = 0;
  for (const [id, events] of byConversation) {
    const arrived = arrivals.get(id) ?? [];
    violations.push(...findLogViolations(id, events, isExpectedDeadLetter));
    violations.push(...findOrderViolations(id, events, arrived));
    const content = findContentViolations(id, events, arrived);
    violations.push(...content.violations);
    gaps += content.gaps;
  }
  for (const [id, invented] of arrivals) {
    if (!byConversation.has(id)) violations.push(`${id}: not in the log: ${invented[0]!.text}`);
  }
  violations.push(...findLaneViolations(await query<Lane>(lanesSql), byConversation));
  const deadLetters = log.filter((event) => event.deadLetter !== null).length;
  return { violations, events: log.length, deadLetters, gaps };
}

/** Checks that sequences run 1, 2, 3…, and that exactly the events the receiver always rejects are dead letters. */
function findLogViolations(
  id: number,
  events: readonly Logged[],
  isExpectedDeadLetter: (channel: string, event: { event_name: string }) => boolean,
): string[] {
  return events.flatMap(({ sequence, channel, body, deadLetter }, index) => {
    const violations: string[] = [];
    const event = JSON.parse(body) as { event_name: string };
    if (sequence !== index + 1)
      violations.push(`${id}: event ${index + 1} has sequence ${sequence}`);
    const isExpected = isExpectedDeadLetter(channel, event);
    if (isExpected !== (deadLetter !== null))
      violations.push(`${id}/${sequence}: dead letter: ${deadLetter}`);
    return violations;
  });
}

/** Checks that an event arrives only after all earlier ones were accepted or dead-lettered, and that none is lost. */
function findOrderViolations(
  id: number,
  events: readonly Logged[],
  arrived: readonly Arrival[],
): string[] {
  const violations: string[] = [];
  const accepted = new Set<number>();
  const deadLetters = new Set(
    events.filter((one) => one.deadLetter !== null).map((one) => one.sequence),
  );
  let before: Arrival | undefined;
  for (const arrival of arrived) {
    const { sequence, generation } = arrival;
    for (let earlier = 1; earlier < sequence; earlier += 1) {
      if (accepted.has(earlier) || deadLetters.has(earlier)) continue;
      violations.push(`${id}/${sequence} arrived before ${earlier} was accepted`);
    }
    if (before?.generation === generation && before.sequence > sequence) {
      const times = `${before.sequence} at ${before.atMs}, ${sequence} at ${arrival.atMs}`;
      violations.push(`${id}: ${times}, from server ${generation}`);
    }
    if (arrival.mayCountAsAccepted) accepted.add(sequence);
    before = arrival;
  }
  const known = new Set(arrived.filter((one) => one.isAccepted).map((one) => one.sequence));
  for (const { sequence } of events) {
    if (!known.has(sequence) && !deadLetters.has(sequence))
      violations.push(`${id}/${sequence} is lost`);
    if (known.has(sequence) && deadLetters.has(sequence))
      violations.push(`${id}/${sequence} was accepted`);
  }
  return violations;
}

/** Checks that whatever arrives is in the log, byte for byte, apart from the `gap` added on delivery. */
function findContentViolations(
  id: number,
  events: readonly Logged[],
  arrived: readonly Arrival[],
): { violations: string[]; gaps: number } {
  const violations: string[] = [];
  const first = new Map<number, string>();
  for (const { sequence, text } of arrived) {
    const logged = events[sequence - 1];
    const expected = logged && logged.body.slice(0, -1) + gapBefore(events, sequence);
    if (text !== expected)
      violations.push(`${id}/${sequence} is ${text}, and should be ${expected}`);
    if ((first.get(sequence) ?? text) !== text)
      violations.push(`${id}/${sequence} changed: ${text}`);
    first.set(sequence, text);
  }
  const gaps = [...first.values()].filter((text) => text.includes('"gap":')).length;
  return { violations, gaps };
}

/** The end of an event's body on delivery: with a `gap` when the events before it are dead letters. */
function gapBefore(events: readonly Logged[], sequence: number): string {
  let from = sequence;
  while (from > 1 && events[from - 2]!.deadLetter !== null) from -= 1;
  return from === sequence ? '}' : `,"gap":{"from":${from},"to":${sequence - 1}}}`;
}

/** Checks that each lane is at the end of its log, and keeps a gap that no delivered event reported yet. */
function findLaneViolations(
  lanes: readonly Lane[],
  log: ReadonlyMap<number, readonly Logged[]>,
): string[] {
  return lanes.flatMap(({ conversationId: id, next, last, count, gap }) => {
    const events = log.get(id) ?? [];
    const isAtEnd = events.length === count && next === count + 1 && last === count;
    const ending = gapBefore(events, count + 1);
    const isGapKept = gap === null ? ending === '}' : ending.includes(`"from":${gap},`);
    return isAtEnd && isGapKept
      ? []
      : [`${id}: ${events.length} events, lane ${next} of ${last}, counted ${count}, gap ${gap}`];
  });
}

/** The final state of a conversation: everything that does not depend on timing. */
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

/** Reads the final state of each conversation, by its external id. */
export async function readOutcomes(query: Query): Promise<Map<string, string>> {
  const rows = await query<{ id: string }>(outcomeSql);
  return new Map(rows.map(({ id, ...outcome }) => [id, JSON.stringify(outcome, null, 1)]));
}

/** Compares the outcome of each script with that of a run without faults. @returns the violations. */
export function findOutcomeViolations(
  outcomes: ReadonlyMap<string, string>,
  sessions: readonly Session[],
): string[] {
  const violations: string[] = [];
  const clean = new Map<string, string>();
  for (const { script, externalId } of sessions.filter((one) =>
    one.externalId.startsWith('clean'),
  )) {
    const before = clean.get(script.name) ?? outcomes.get(externalId)!;
    clean.set(script.name, before);
    if (outcomes.get(externalId) !== before) violations.push(`clean runs of ${script.name} differ`);
  }
  for (const { script, externalId } of sessions) {
    const [actual, expected] = [outcomes.get(externalId), clean.get(script.name)];
    if (actual === undefined || actual !== expected)
      violations.push(`${externalId} is ${actual}, and should be ${expected}`);
  }
  if (outcomes.size !== sessions.length) {
    violations.push(`${outcomes.size} conversations of ${sessions.length} sessions`);
  }
  return violations;
}
