// Examples of deliveries for /docs and the OpenAPI document.

export const exampleEventId = '01a1ee87-3200-7000-8000-007d20200002';

export const exampleAttempt = {
  attempted_at: '2026-12-01T09:30:00.300Z',
  outcome: 'retry',
  status: 503,
  latency_ms: 41,
  response: 'Service Unavailable',
};

export const exampleDelivery = {
  type: 'delivery',
  event_id: exampleEventId,
  event_name: 'new_message',
  conversation_id: '256257',
  external_conversation_id: 'conv_67890',
  sequence: 2,
  channel: { type: 'channel', id: '1', name: 'default' },
  created_at: '2026-12-01T09:30:00.000Z',
  state: 'waiting',
  in_flight: false,
  next_attempt_at: '2026-12-01T09:30:30.300Z',
  behind: null,
  attempts: 1,
  last_attempt: exampleAttempt,
  dead_letter: null,
};

export const exampleBacklog = {
  type: 'backlog',
  channel: { type: 'channel', id: '1', name: 'default' },
  callback_state: 'failing',
  since: '2026-12-01T09:30:05.000Z',
  reason: 'status 503',
  waiting: {
    conversations: 2,
    events: 3,
    since: '2026-12-01T09:30:00.000Z',
    next_attempt_at: '2026-12-01T09:30:30.300Z',
    last_attempt_at: '2026-12-01T09:31:00.000Z',
  },
  dead_letters: 0,
};

export const exampleResend = {
  type: 'resend',
  dry_run: false,
  requested: 1,
  upcoming: 0,
  without_callback: 0,
  next: null,
};

export const exampleGroup = {
  type: 'dead_letter_group',
  channel: { type: 'channel', id: '1', name: 'default' },
  reason: 'status 422',
  events: 12,
  conversations: 7,
  oldest_at: '2026-12-01T09:30:00.000Z',
  newest_at: '2026-12-01T10:15:00.000Z',
};
