// An example of each outbound event, as a callback carries it. contract/outbound-events.ts defines the events.

import type { ephemeralEvents, loggedEvents } from '../../contract/outbound-events.ts';

const now = '2026-11-22T12:00:00.000Z';

/** Builds the fields that all logged events have. */
const envelope = (sequence: number, name: string) => ({
  event_id: `01a20320-a200-7000-8000-007d2020000${sequence}`,
  event_name: name,
  workspace_id: '1',
  external_conversation_id: 'conv_67890',
  conversation_id: '256257',
  contact: { type: 'user', external_id: 'user_001', id: '6a11c0de000000000003e800' },
  sequence,
  created_at_ms: now,
});

const author = { type: 'bot', id: '0', name: 'Parley', from_ai_agent: false };

const message = (id: string, text: string) => ({
  id,
  author,
  body: `<p>${text}</p>`,
  body_text: text,
  attachments: [],
  created_at_ms: now,
});

type EventName = keyof typeof loggedEvents | keyof typeof ephemeralEvents;

export const eventExamples: Readonly<Record<EventName, object>> = {
  new_message: { ...envelope(1, 'new_message'), message: message('256514', 'Hi Jane Doe!') },
  quick_replies_presented: {
    ...envelope(2, 'quick_replies_presented'),
    message: message('256515', 'What is it about?'),
    quick_reply_options: [
      { id: 'order-2', uuid: 'order-2', text: 'An order' },
      { id: 'person-2', uuid: 'person-2', text: 'Talk to a person' },
    ],
  },
  attribute_requested: {
    ...envelope(3, 'attribute_requested'),
    attribute: { id: 'order_number', label: 'Order number', data_type: 'string', required: true },
  },
  conversation_assigned: {
    ...envelope(4, 'conversation_assigned'),
    assignee: { type: 'team', id: '1', name: 'Support' },
  },
  status_updated: { ...envelope(5, 'status_updated'), status: 'closed' },
  message_redacted: { ...envelope(9, 'message_redacted'), message: { id: '256514' } },
  conversation_deleted: envelope(10, 'conversation_deleted'),
  contact_merged: {
    ...envelope(8, 'contact_merged'),
    merged_from: { id: '6a11c0de000000000002e700', external_id: 'visitor_1' },
  },
  typing_started: {
    ...envelope(6, 'typing_started'),
    sequence: null,
    author,
    expires_in_ms: 10_000,
  },
  typing_stopped: { ...envelope(7, 'typing_stopped'), sequence: null, author },
  ping: {
    event_name: 'ping',
    event_id: '01a20320-a200-7000-8000-007d20200008',
    workspace_id: '1',
    channel: 'default',
    sequence: null,
    created_at_ms: now,
  },
};

/** An example in the `intercom` format, shortened: a real one contains the whole conversation. */
export const notificationExample = {
  type: 'notification_event',
  id: 'notif_01a20320-a200-7000-8000-007d20200001',
  topic: 'conversation.operator.replied',
  app_id: '1',
  created_at: 1_795_348_800,
  delivery_attempts: 1,
  first_sent_at: 1_795_348_800,
  delivery_status: 'pending',
  delivered_at: 0,
  links: {},
  self: null,
  data: { type: 'notification_event_data', item: { type: 'conversation', id: '256257' } },
};
