// Adds events to the conversation's log in Parley's own format (contract F). Creates the text of an event once; every
// transport (callback, SSE, polling) sends that text.

import type {
  EventAuthor,
  EventMessage,
  LoggedEvent,
  LoggedEventName,
} from '../../contract/outbound-events.ts';
import type { Part } from '../model/model.ts';
import { presentAttachment } from '../presenters/attachment.ts';
import { asParagraphs } from '../presenters/text.ts';
import type { Change } from './change.ts';
import { eventId, eventSequenceMax } from './outbound-event-id.ts';
import type { TransitionContext } from './transition-context.ts';

type EnvelopeKey =
  | 'event_id'
  | 'workspace_id'
  | 'external_conversation_id'
  | 'conversation_id'
  | 'contact'
  | 'sequence'
  | 'created_at_ms'
  | 'gap';

/** The name of an event and the fields that go with the name. */
type Payload = {
  [Name in LoggedEventName]: Omit<Extract<LoggedEvent, { event_name: Name }>, EnvelopeKey>;
}[LoggedEventName];

/** Adds an event, unless the channel wants another format. */
export function emit(change: Change, context: TransitionContext, payload: Payload): Change {
  if (context.eventFormat !== 'parley') return change;
  const { event_name: name, ...fields } = payload;
  const sequence = change.conversation.eventCount + 1;
  const id = eventId(change.conversation.id, sequence, context.nowMs);
  const body = JSON.stringify({
    event_id: id,
    event_name: name,
    ...addressOf(change, context),
    sequence,
    created_at_ms: isoTime(context.nowMs),
    ...fields,
  });
  return addLogEntry(change, context, name, body);
}

/** Adds a finished text to the log. */
export function addLogEntry(
  change: Change,
  { nowMs }: TransitionContext,
  name: string,
  body: string,
): Change {
  const { conversation } = change;
  const sequence = conversation.eventCount + 1;
  return {
    ...change,
    conversation: { ...conversation, eventCount: sequence },
    events: [
      ...change.events,
      { conversationId: conversation.id, sequence, name, body, createdAt: nowMs },
    ],
  };
}

/** Shows that the bot is working, or has stopped: an ephemeral event, not in the log, without a sequence. */
export function showTyping(
  change: Change,
  context: TransitionContext,
  expiresInMs: number | null,
): Change {
  if (context.eventFormat !== 'parley') return change;
  const name = expiresInMs === null ? 'typing_stopped' : 'typing_started';
  const body = JSON.stringify({
    // Events of the log never reach these sequences, so none has this id.
    event_id: eventId(
      change.conversation.id,
      expiresInMs === null ? eventSequenceMax - 1 : eventSequenceMax,
      context.nowMs,
    ),
    event_name: name,
    ...addressOf(change, context),
    sequence: null,
    created_at_ms: isoTime(context.nowMs),
    author: botAuthor,
    ...(expiresInMs === null ? {} : { expires_in_ms: expiresInMs }),
  });
  const entry = { conversationId: change.conversation.id, name, body } as const;
  return { ...change, ephemeral: [...change.ephemeral, entry] };
}

const addressOf = ({ contact, conversation }: Change, { setup }: TransitionContext) => ({
  workspace_id: String(setup.workspaceId),
  external_conversation_id: conversation.externalId,
  conversation_id: String(conversation.id),
  contact: { type: contact.role, external_id: contact.externalId, id: contact.id },
});

/** Converts a part to the message of an event. */
export const eventMessage = (part: Part, context: TransitionContext): EventMessage => ({
  id: String(part.id),
  author: eventAuthor(part, context),
  body: part.body === null ? null : asParagraphs(part.body),
  body_text: part.body,
  attachments: (part.attachments ?? []).map(presentAttachment),
  created_at_ms: isoTime(part.createdAt),
});

const botAuthor: EventAuthor = { type: 'bot', id: '0', name: 'Parley', from_ai_agent: false };

function eventAuthor({ author }: Part, { setup }: TransitionContext): EventAuthor {
  if (author.type === 'bot') return botAuthor;
  const name =
    author.type === 'admin'
      ? (setup.admins.get(Number(author.id))?.name ?? null)
      : (setup.teams.get(Number(author.id))?.name ?? null);
  return { type: author.type, id: author.id, name, from_ai_agent: false };
}

/** Caches the last result of isoTime: an event contains the same moment several times, and formatting is slow. */
let newest = { ms: 0, text: '1970-01-01T00:00:00.000Z' };

/** Formats a time in ISO 8601, as in the fields ending in `_at_ms`. */
export function isoTime(ms: number): string {
  if (newest.ms !== ms) newest = { ms, text: new Date(ms).toISOString() };
  return newest.text;
}
