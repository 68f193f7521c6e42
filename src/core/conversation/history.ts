// The record of a conversation, and the signals that a replay builds from it. store/ reads the record; simulation/
// replays the signals.

import type { ChannelEvent } from '../../contract/channel-events.ts';
import type { StoredFile } from '../model/file.ts';
import type { Contact, Conversation, Json, Part } from '../model/model.ts';
import type { TagChange } from '../model/tag-ids.ts';
import type { TraceEntry } from '../workflow/run/run.ts';
import type { JobOutcome, Signal, TeammateAction } from './signal.ts';

export type HistoricPart = Part & { readonly signalNumber: number; readonly isRedacted: boolean };

export type HistoricSignal = {
  readonly ordinal: number;
  readonly signalNumber: number;
  readonly kind: string;
  readonly content: { readonly [key: string]: Json };
  readonly trace: readonly TraceEntry[];
  readonly receivedAt: number;
};

export type HistoricEvent = {
  readonly sequence: number;
  readonly name: string;
  readonly body: string;
  readonly createdAt: number;
};

export type History = {
  readonly channelId: number;
  readonly conversation: Conversation;
  /** The current state of the contact. */
  readonly contact: Contact;
  /** Whether the conversation's first signal also created the contact. */
  readonly isContactNew: boolean;
  readonly createdBySignal: number;
  readonly parts: readonly HistoricPart[];
  readonly signals: readonly HistoricSignal[];
  readonly events: readonly HistoricEvent[];
};

/** A recorded signal that can be applied again. */
export type Recorded = {
  readonly signal: Signal;
  readonly signalNumber: number;
  readonly atMs: number;
  readonly trace: readonly TraceEntry[];
};

/** Builds the signals of a conversation, in order, from its creation on. */
export function recordedSignals(history: History): readonly Recorded[] {
  const { conversation, createdBySignal, signals } = history;
  const onRecord = signals.map((row) => ({
    signal: signalOf(history, row),
    signalNumber: row.signalNumber,
    atMs: row.receivedAt,
    trace: row.trace,
  }));
  const recorded = merged(onRecord, plainWords(history));
  if (recorded.some(({ signalNumber }) => signalNumber === createdBySignal)) return recorded;
  // A creation that no workflow acted on is not recorded.
  const beginning: Recorded = {
    signal: eventOf(history, { kind: 'new_conversation' }, `replay-${createdBySignal}`),
    signalNumber: createdBySignal,
    atMs: conversation.createdAt,
    trace: [],
  };
  return [beginning, ...recorded];
}

/** Builds the messages that no workflow acted on from their parts: they are not recorded. */
function plainWords(history: History): readonly Recorded[] {
  const onRecord = new Set(history.signals.map(({ signalNumber }) => signalNumber));
  return history.parts.flatMap((part) => {
    const { author, externalId, signalNumber, metadata, body } = part;
    const isContact = author.type === 'user' || author.type === 'lead';
    const isPlain = isContact && externalId !== null && metadata === null && body !== null;
    if (!isPlain || onRecord.has(signalNumber)) return [];
    const signal = eventOf(history, { kind: 'new_message', body }, externalId);
    return [{ signal, signalNumber, atMs: part.createdAt, trace: [] }];
  });
}

/** Merges two lists, each in order of time. */
function merged(one: readonly Recorded[], other: readonly Recorded[]): readonly Recorded[] {
  const all: Recorded[] = [];
  let next = 0;
  for (const entry of one) {
    while (next < other.length && other[next]!.atMs < entry.atMs) all.push(other[next++]!);
    all.push(entry);
  }
  return [...all, ...other.slice(next)];
}

type RecordedBeginning = {
  readonly other_contact_ids: readonly string[];
  readonly admin_id: number | null;
  readonly title: string | null;
};

type RecordedUpdate = {
  readonly is_read?: boolean;
  readonly title?: string | null;
  readonly attributes: { readonly [name: string]: Json };
};

function signalOf(history: History, row: HistoricSignal): Signal {
  const { kind, content, signalNumber } = row;
  const { id: conversationId } = history.conversation;
  const parts = history.parts.filter((part) => part.signalNumber === signalNumber);
  const spoken = parts.find(({ author: { type } }) => type === 'user' || type === 'lead');
  const eventId = spoken?.externalId ?? `replay-${signalNumber}`;
  switch (kind) {
    case 'new_conversation':
      return eventOf(history, { kind }, eventId);
    case 'new_message': {
      const message = eventOf(history, { kind, body: spoken?.body ?? '' }, eventId);
      return { ...message, ...attachmentsIn(content) };
    }
    case 'quick_reply_selected':
      return eventOf(history, { kind, optionId: textIn(content, 'option_id') }, eventId);
    case 'attribute_collected': {
      const attributeId = textIn(content, 'id');
      return eventOf(history, { kind, attributeId, value: textIn(content, 'value') }, eventId);
    }
    case 'teammate': {
      const adminId = numberIn(content, 'admin_id');
      const own = parts.find(({ author }) => author.type === 'admin');
      const action = actionOf(history, row, own);
      return { kind, conversationId, adminId, action };
    }
    case 'contact_reply': {
      const { id: contactId } = history.contact;
      const optionId = textIn(content, 'option_id');
      const said = optionId === '' ? { body: spoken?.body ?? '' } : { optionId };
      const writtenAt = writtenAtIn(content);
      return { kind, conversationId, contactId, said, writtenAt, ...attachmentsIn(content) };
    }
    case 'begin':
      return beginningOf(history, content, parts);
    case 'update':
    case 'participants':
    case 'redact':
    case 'give_back':
      return silentSignalOf(kind, conversationId, content);
    case 'timer':
      return { kind, conversationId };
    case 'clock_corrected': {
      type Corrected = Extract<Signal, { kind: 'clock_corrected' }>;
      const { wait, snooze } = content as unknown as Corrected;
      return { kind, conversationId, wait, snooze };
    }
    case 'contact_merged': {
      type Merged = Extract<Signal, { kind: 'contact_merged' }>;
      const { from } = content as unknown as Merged;
      const isFirstOfChannel = content['is_first_of_channel'] === true;
      return { kind, conversationId, from, intoId: history.contact.id, isFirstOfChannel };
    }
    case 'contact_gone':
      return goneOf(history, content);
    case 'job_finished': {
      const jobId = numberIn(content, 'job_id');
      return { kind, conversationId, jobId, outcome: outcomeOf(content) };
    }
    case 'move_run': {
      const workflowId = numberIn(content, 'workflow_id');
      return { kind, conversationId, workflowId, version: numberIn(content, 'version') };
    }
    default:
      throw new Error(`a signal of an unknown kind is on record: ${kind}`);
  }
}

const goneOf = (
  { conversation: { id: conversationId, externalId }, contact }: History,
  content: HistoricSignal['content'],
): Signal => ({
  kind: 'contact_gone',
  conversationId,
  adminId: numberIn(content, 'admin_id'),
  contactId: textIn(content, 'contact_id') || contact.id,
  newExternalId: content['is_deleted'] === true ? externalId : null,
});

function beginningOf(
  { conversation: { externalId }, contact }: History,
  content: HistoricSignal['content'],
  parts: readonly HistoricPart[],
): Signal {
  const recorded = content as unknown as RecordedBeginning;
  return {
    kind: 'begin',
    externalId,
    contactId: contact.id,
    otherContactIds: recorded.other_contact_ids,
    adminId: recorded.admin_id,
    title: recorded.title,
    body: parts.find(({ body }) => body !== null)?.body ?? '',
    writtenAt: writtenAtIn(content),
    ...attachmentsIn(content),
  };
}

/** Builds a signal in which no person speaks. */
function silentSignalOf(
  kind: 'update' | 'participants' | 'redact' | 'give_back',
  conversationId: number,
  content: HistoricSignal['content'],
): Signal {
  switch (kind) {
    case 'update': {
      const { is_read: isRead, title, attributes } = content as unknown as RecordedUpdate;
      return { kind, conversationId, isRead, title, attributes };
    }
    case 'participants': {
      const change = textIn(content, 'change') === 'detach' ? 'detach' : 'attach';
      const contactId = textIn(content, 'contact_id');
      return { kind, conversationId, adminId: numberIn(content, 'admin_id'), change, contactId };
    }
    case 'redact': {
      const [partId, position] = [numberIn(content, 'part_id'), numberIn(content, 'position')];
      const isNote = content['is_note'] === true;
      const adminId = numberIn(content, 'admin_id');
      return { kind, conversationId, adminId, partId, position, isNote };
    }
    case 'give_back':
      return { kind, conversationId, adminId: numberIn(content, 'admin_id') };
  }
}

type DistributiveOmit<Type, Key extends PropertyKey> = Type extends unknown
  ? Omit<Type, Key>
  : never;

function eventOf(
  { conversation, contact }: History,
  event: DistributiveOmit<ChannelEvent, 'eventId' | 'externalConversationId' | 'contact'>,
  eventId: string,
): Signal {
  return {
    kind: 'channel_event',
    event: {
      eventId,
      externalConversationId: conversation.externalId,
      contact: {
        type: contact.role,
        externalId: contact.externalId ?? '',
        name: contact.name,
        email: contact.email,
      },
      ...event,
    },
  };
}

function actionOf(
  history: History,
  { content, receivedAt }: HistoricSignal,
  part: HistoricPart | undefined,
): TeammateAction {
  const body = part?.body ?? null;
  const done = textIn(content, 'do');
  const enclosed = { writtenAt: writtenAtIn(content), ...attachmentsIn(content) };
  switch (done) {
    case 'comment':
    case 'note':
      return { do: done, body: body ?? '', ...enclosed };
    case 'quick_reply': {
      const offered = (part?.metadata?.['quick_reply_options'] ?? []) as readonly {
        readonly uuid: string;
        readonly text: string;
      }[];
      const options = offered.map(({ uuid, text }) => ({ id: uuid, text }));
      return { do: done, body, options, ...enclosed };
    }
    case 'close':
      return { do: done, body };
    case 'snooze':
      return { do: done, untilMs: snoozedUntil(history, content, receivedAt) };
    case 'open':
    case 'take_over':
      return { do: done };
    case 'prioritize':
      return { do: done, isPriority: content['is_priority'] === true };
    case 'tag':
      return { do: done, tags: content['tags'] as unknown as TagChange };
    case 'assign':
      return { do: done, to: part?.assignedTo ?? null, body };
    default:
      throw new Error(`an action of an unknown kind is on record: ${done}`);
  }
}

/** Finds the end of a snooze: in the record, else in the event that was sent to the app. */
function snoozedUntil(
  { events }: History,
  content: HistoricSignal['content'],
  atMs: number,
): number {
  if (typeof content['until_ms'] === 'number') return content['until_ms'];
  const told = events
    .filter(({ name, createdAt }) => name === 'status_updated' && createdAt === atMs)
    .map(({ body }) => (JSON.parse(body) as { readonly snoozed_until?: string }).snoozed_until)
    .find((until) => until !== undefined);
  return told === undefined ? atMs + 1 : Date.parse(told);
}

/** Returns the result of a call, as far as it is recorded. */
function outcomeOf(content: HistoricSignal['content']): JobOutcome {
  if (content['ok'] !== true) {
    return { ok: false, reason: textIn(content, 'reason') || 'the reason is not on record' };
  }
  const status = typeof content['status'] === 'number' ? content['status'] : 200;
  return { ok: true, status, answer: content['answer'] ?? null };
}

const attachmentsIn = (
  content: HistoricSignal['content'],
): { readonly attachments?: readonly StoredFile[] } =>
  Array.isArray(content['attachments'])
    ? { attachments: content['attachments'] as unknown as readonly StoredFile[] }
    : {};

const writtenAtIn = (content: HistoricSignal['content']): number | undefined =>
  typeof content['written_at_ms'] === 'number' ? content['written_at_ms'] : undefined;

const textIn = (content: HistoricSignal['content'], key: string): string => {
  const value = content[key];
  return typeof value === 'string' ? value : '';
};

const numberIn = (content: HistoricSignal['content'], key: string): number => {
  const value = content[key];
  return typeof value === 'number' ? value : 0;
};
