// Compares what is stored with what was sent and answered. Reads everything in one statement, so as of one moment, and
// judges without the help of Parley.

import { type Entry, lineOf, type Story } from './event-script.ts';

/** What is stored, in the columns that matter here. */
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

/** Reads it. @param query runs a statement that sees every workspace. */
export async function readStored(
  query: (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>,
): Promise<Stored> {
  const rows = await query(storedSql, [lineOf('said', ''), lineOf('collected', '')]);
  return rows[0]!.stored as Stored;
}

/** Everything that may never be, at any time, whatever was killed. @returns the faults. */
export function findFaults(stored: Stored, story: Story): string[] {
  const faults = [...story.faults];
  const eventOf = new Map(stored.events.map((event) => [event.signal, event]));
  if (eventOf.size !== stored.events.length) faults.push('two events share a signal number');

  for (const { id, signal } of stored.contacts) {
    if (!eventOf.has(signal)) faults.push(`contact ${id} has no event`);
  }
  const contacts = new Map(stored.contacts.map((contact) => [contact.id, contact]));
  for (const conversation of stored.conversations) {
    if (eventOf.get(conversation.signal)?.conversationId !== conversation.id)
      faults.push(`conversation ${conversation.id} has no event`);
    if (!contacts.has(conversation.contactId))
      faults.push(`conversation ${conversation.id} has no contact`);
  }
  for (const { conversationId, position, signal } of stored.parts) {
    if (eventOf.get(signal)?.conversationId !== conversationId)
      faults.push(`part ${position} of conversation ${conversationId} has no event`);
  }
  faults.push(...findPositionFaults(stored), ...findEventFaults(stored, story));
  return faults;
}

/** Positions are 1 to n, and the conversation knows n. */
function findPositionFaults({ conversations, parts }: Stored): string[] {
  const positions = Map.groupBy(parts, ({ conversationId }) => conversationId);
  return conversations.flatMap(({ id, partCount }) => {
    const found = (positions.get(id) ?? []).map(({ position }) => position).sort((a, b) => a - b);
    const hasGap = found.some((position, index) => position !== index + 1);
    return hasGap || found.length !== partCount
      ? [`conversation ${id} counts ${partCount} parts and has ${found.join(' ')}`]
      : [];
  });
}

/** Every stored event is whole and is what was sent; every acknowledged one is stored as it was answered. */
function findEventFaults(stored: Stored, story: Story): string[] {
  const faults: string[] = [];
  const contacts = new Map(stored.contacts.map(({ id, externalId }) => [id, externalId]));
  const conversations = new Map(stored.conversations.map(({ id, externalId }) => [id, externalId]));
  const partsOf = Map.groupBy(stored.parts, ({ signal }) => signal);
  const partsNamed = Map.groupBy(stored.parts, ({ externalId }) => externalId);
  const events = new Map(stored.events.map((event) => [event.eventId, event]));

  for (const { eventId, conversationId, contactId, signal } of stored.events) {
    const entry = story.entries.get(eventId);
    if (entry === undefined) {
      faults.push(`${eventId} was never sent`);
      continue;
    }
    const { event } = entry;
    const isPlaced =
      conversations.get(conversationId) === event.conversation &&
      contacts.get(contactId) === event.contact;
    if (!isPlaced) faults.push(`${eventId} is in the wrong place`);
    const lines = (partsOf.get(signal) ?? []).map(({ line }) => line);
    const isWhole =
      lines.length === (event.line === null ? 0 : 1) && (lines[0] ?? null) === event.line;
    if (!isWhole) faults.push(`${eventId} left [${lines.join('; ')}] instead of ${event.line}`);
    const isNamed = event.kind === 'new_message' || event.kind === 'quick_reply_selected';
    const named = partsNamed.get(eventId)?.length ?? 0;
    if (named !== (isNamed ? 1 : 0)) faults.push(`${eventId} names ${named} parts`);
  }
  for (const entry of story.acknowledged) faults.push(...findLoss(entry, events));
  return faults;
}

function findLoss({ event, answer }: Entry, events: ReadonlyMap<string, StoredEvent>): string[] {
  const found = events.get(event.eventId);
  if (found === undefined) return [`${event.eventId} was acknowledged and is lost`];
  const isAsAnswered =
    String(found.conversationId) === answer!.conversationId &&
    found.contactId === answer!.contactId;
  return isAsAnswered ? [] : [`${event.eventId} was answered otherwise than it is stored`];
}

type Account = Record<string, { contact: string; lines: string[]; attributes: string[] }>;

/** What a run of all events without any mishap leads to: what each conversation holds, in no order. */
export function expectedAccount(story: Story): Account {
  const account: Account = {};
  for (const { event } of story.entries.values()) {
    account[event.conversation] ??= { contact: event.contact, lines: [], attributes: [] };
    const entry = account[event.conversation]!;
    if (event.line !== null) entry.lines.push(event.line);
    const attribute = event.fields.attribute as { id: string; value: string } | undefined;
    if (attribute !== undefined) entry.attributes.push(`${attribute.id}=${attribute.value}`);
  }
  return sorted(account);
}

/** The same, of what is stored. */
export function storedAccount({ contacts, conversations, parts }: Stored): Account {
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

function sorted(account: Account): Account {
  for (const { lines, attributes } of Object.values(account)) {
    lines.sort();
    attributes.sort();
  }
  return Object.fromEntries(Object.entries(account).sort(([a], [b]) => (a < b ? -1 : 1)));
}
