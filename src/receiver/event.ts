// Types of Parley's events that an app can switch on, and the parsing of a verified body. Checks the envelope only: the
// signature vouches for the rest.

import type { OutboundEvent } from '../contract/outbound-events.ts';

export type EventName = OutboundEvent['event_name'];

/** The event of one name: `EventOf<'new_message'>`. */
export type EventOf<Name extends EventName> = Extract<OutboundEvent, { event_name: Name }>;

/** An event that this version of the package does not know yet. */
export type UnknownEvent = {
  readonly event_name: string;
  readonly event_id: string;
  readonly [field: string]: unknown;
};

/** The position of an event in its conversation's log. */
export type Place = { readonly conversation: string; readonly sequence: number };

/** A valid body. */
export type ReadEvent = {
  readonly eventId: string;
  /** Null for ephemeral events, which are sent once and have no sequence. */
  readonly place: Place | null;
  /** Events with the same key are handled one at a time. */
  readonly orderKey: string;
  /** The dead letters just before this event. */
  readonly gap: { readonly from: number; readonly to: number } | null;
} & (
  | { readonly isKnown: true; readonly event: OutboundEvent }
  | { readonly isKnown: false; readonly event: UnknownEvent }
);

/** Whether events of a name are in the log. The compiler compares the list with the union. */
const isLogged: Readonly<Record<EventName, boolean>> = {
  new_message: true,
  quick_replies_presented: true,
  attribute_requested: true,
  conversation_assigned: true,
  status_updated: true,
  contact_merged: true,
  message_redacted: true,
  conversation_deleted: true,
  typing_started: false,
  typing_stopped: false,
  ping: false,
};

const idCharactersMax = 255;

type Fields = Readonly<Record<string, unknown>>;

/** Parses a body. @returns the event, or the reason why it is invalid. */
export function readEvent(body: Uint8Array): ReadEvent | string {
  const fields = parse(body);
  if (typeof fields === 'string') return fields;
  const { event_id: eventId, event_name: name, conversation_id: conversation } = fields;
  if (fields['type'] === 'notification_event') {
    return "this is Intercom's format; @parley-server/receiver reads events of the format parley";
  }
  if (!isText(eventId)) return 'event_id is missing';
  if (!isText(name)) return 'event_name is missing';
  const { workspace_id: workspace, sequence } = fields;
  for (const id of [eventId, name, conversation, workspace]) {
    // Ids are remembered, and Parley's are far shorter.
    if (typeof id === 'string' && id.length > idCharactersMax) return 'an id is too long';
  }
  const address = isText(conversation) ? `${String(workspace)}/${conversation}` : null;
  const place =
    address !== null && isPosition(sequence) ? { conversation: address, sequence } : null;
  const isKnown = Object.hasOwn(isLogged, name);
  if (isKnown && isLogged[name as EventName] && place === null) {
    return 'conversation_id or sequence is missing';
  }
  return {
    eventId,
    place,
    orderKey: address ?? eventId,
    gap: readGap(fields['gap']),
    isKnown,
    event: fields as OutboundEvent & UnknownEvent,
  };
}

function parse(body: Uint8Array): Fields | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return 'the body is not JSON';
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : 'the body is not a JSON object';
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isPosition = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 1;

function readGap(value: unknown): ReadEvent['gap'] {
  if (typeof value !== 'object' || value === null) return null;
  const { from, to } = value as Fields;
  return isPosition(from) && isPosition(to) && from <= to ? { from, to } : null;
}
