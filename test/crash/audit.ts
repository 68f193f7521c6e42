// Checks the stored rows against the events that were sent and acknowledged, with its own SQL and no code of Parley.

import { type Entry, type EventScript, lineOf } from './event-script.ts';

/** The stored rows, reduced to the columns that the audit compares. */
export type Stored = {
  readonly events: readonly StoredEvent[];
  readonly contacts: readonly { id: string; externalId: string; signal: number }[];
  readonly conversations: readonly StoredConversation[];
  readonly parts: readonly StoredPart[];
};

type StoredEvent = {
  eventId: string;
  conversationId: number;
  contactId: string;
  signal: number;
};

type StoredConversation = {
  id: number;
  externalId: string;
  contactId: string;
  partCount: number;
  attributes: Record<string, unknown>;
  signal: number;
};

type StoredPart = {
  conversationId: number;
  position: number;
  line: string;
  externalId: string | null;
  signal: number;
};

const storedSql = `select json_build_object(
  'events', (select coalesce(json_agg(json_build_object('eventId', event_id,
      'conversationId', conversation_id, 'contactId', contact_id, 'signal', signal_number)), '[]')
    from parley.channel_events),
  'contacts', (select coalesce(json_agg(json_build_object('id', id, 'externalId', external_id,
      'signal', created_by_signal)), '[]') from parley.contacts),
  'conversations', (select coalesce(json_agg(json_build_object('id', id, 'externalId', external_id,
      'contactId', contact_id, 'partCount', part_count, 'attributes', custom_attributes,
      'signal', created_by_signal)), '[]') from parley.conversations),
  'parts', (select coalesce(json_agg(json_build_object('conversationId', conversation_id,
      'position', position, 'externalId', external_id, 'signal', created_by_signal, 'line',
      case when body is not null then $1 || body else $2 || (event_details #>> '{attribute,name}')
        || '=' || (event_details #>> '{value,name}') end)), '[]') from parley.conversation_parts)
) as stored`;

/** Reads all rows in one statement, so in one snapshot. @param query runs a statement that sees every workspace. */
export async function readStored(
  query: (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>,
): Promise<Stored> {
  const rows = await query(storedSql, [lineOf('said', ''), lineOf('collected', '')]);
  return rows[0]!.stored as Stored;
}

/** Checks the invariants that hold at any time, whatever was killed. @returns the violations. */
export function findViolations(stored: Stored, script: EventScript): string[] {
  const violations = [...script.violations];
  const eventOf = new Map(stored.events.map((event) => [event.signal, event]));
  if (eventOf.size !== stored.events.length) violations.push('two events share a signal number');

  for (const { id, signal } of stored.contacts) {
    if (!eventOf.has(signal)) violations.push(`contact ${id} has no event`);
  }
  const contacts = new Map(stored.contacts.map((contact) => [contact.id, contact]));
  for (const conversation of stored.conversations) {
    if (eventOf.get(conversation.signal)?.conversationId !== conversation.id)
      violations.push(`conversation ${conversation.id} has no event`);
    if (!contacts.has(conversation.contactId))
      violations.push(`conversation ${conversation.id} has no contact`);
  }
  for (const { conversationId, position, signal } of stored.parts) {
    if (eventOf.get(signal)?.conversationId !== conversationId)
      violations.push(`part ${position} of conversation ${conversationId} has no event`);
  }
  violations.push(...findPositionViolations(stored), ...findEventViolations(stored, script));
  return violations;
}

/** Checks that positions run from 1 to n without a gap, and that `part_count` is n. */
function findPositionViolations({ conversations, parts }: Stored): string[] {
  const positions = Map.groupBy(parts, ({ conversationId }) => conversationId);
  return conversations.flatMap(({ id, partCount }) => {
    const found = (positions.get(id) ?? []).map(({ position }) => position).sort((a, b) => a - b);
    const hasGap = found.some((position, index) => position !== index + 1);
    return hasGap || found.length !== partCount
      ? [`conversation ${id} counts ${partCount} parts and has ${found.join(' ')}`]
      : [];
  });
}

/** Checks that each stored event is complete and was sent, and that each acknowledged one is stored as acknowledged. */
function findEventViolations(stored: Stored, script: EventScript): string[] {
  const violations: string[] = [];
  const contacts = new Map(stored.contacts.map(({ id, externalId }) => [id, externalId]));
  const conversations = new Map(stored.conversations.map(({ id, externalId }) => [id, externalId]));
  const partsBySignal = Map.groupBy(stored.parts, ({ signal }) => signal);
  const partsByExternalId = Map.groupBy(stored.parts, ({ externalId }) => externalId);
  const events = new Map(stored.events.map((event) => [event.eventId, event]));

  for (const { eventId, conversationId, contactId, signal } of stored.events) {
    const entry = script.entries.get(eventId);
    if (entry === undefined) {
      violations.push(`${eventId} was never sent`);
      continue;
    }
    const { event } = entry;
    const isInPlace =
      conversations.get(conversationId) === event.conversation &&
      contacts.get(contactId) === event.contact;
    if (!isInPlace) violations.push(`${eventId} is stored in another conversation or contact`);
    const lines = (partsBySignal.get(signal) ?? []).map(({ line }) => line);
    const isWhole =
      lines.length === (event.line === null ? 0 : 1) && (lines[0] ?? null) === event.line;
    if (!isWhole) violations.push(`${eventId} left [${lines.join('; ')}] instead of ${event.line}`);
    const setsExternalId = event.kind === 'new_message' || event.kind === 'quick_reply_selected';
    const found = partsByExternalId.get(eventId)?.length ?? 0;
    if (found !== (setsExternalId ? 1 : 0))
      violations.push(`${eventId} is the external id of ${found} parts`);
  }
  for (const entry of script.acknowledged) violations.push(...findLoss(entry, events));
  return violations;
}

function findLoss(
  { event, acknowledgement }: Entry,
  events: ReadonlyMap<string, StoredEvent>,
): string[] {
  const found = events.get(event.eventId);
  if (found === undefined) return [`${event.eventId} was acknowledged and is lost`];
  const isAsAcknowledged =
    String(found.conversationId) === acknowledgement!.conversationId &&
    found.contactId === acknowledgement!.contactId;
  return isAsAcknowledged ? [] : [`${event.eventId} is stored otherwise than it was acknowledged`];
}

type Contents = Record<string, { contact: string; lines: string[]; attributes: string[] }>;

/** Computes what each conversation holds after all events without any failure; lines and attributes are sorted. */
export function expectedContents(script: EventScript): Contents {
  const contents: Contents = {};
  for (const { event } of script.entries.values()) {
    contents[event.conversation] ??= { contact: event.contact, lines: [], attributes: [] };
    const entry = contents[event.conversation]!;
    if (event.line !== null) entry.lines.push(event.line);
    const attribute = event.fields.attribute as { id: string; value: string } | undefined;
    if (attribute !== undefined) entry.attributes.push(`${attribute.id}=${attribute.value}`);
  }
  return sorted(contents);
}

/** Reads what each conversation holds from the stored rows; lines and attributes are sorted. */
export function storedContents({ contacts, conversations, parts }: Stored): Contents {
  const names = new Map(contacts.map(({ id, externalId }) => [id, externalId]));
  const lines = Map.groupBy(parts, ({ conversationId }) => conversationId);
  const entries = conversations.map(({ id, externalId, contactId, attributes }) => [
    externalId,
    {
      contact: names.get(contactId)!,
      lines: (lines.get(id) ?? []).map(({ line }) => line),
      attributes: Object.entries(attributes).map(([name, value]) => `${name}=${value}`),
    },
  ]);
  return sorted(Object.fromEntries(entries));
}

function sorted(contents: Contents): Contents {
  for (const { lines, attributes } of Object.values(contents)) {
    lines.sort();
    attributes.sort();
  }
  return Object.fromEntries(Object.entries(contents).sort(([a], [b]) => (a < b ? -1 : 1)));
}
