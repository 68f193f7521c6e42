// Examples of channels and callbacks, for the reference.

export const exampleChannel = {
  type: 'channel',
  id: '2',
  workspace: 'default',
  name: 'mobile-app',
  enabled: true,
  auto_create_conversation: false,
  require_user_identity: true,
  unknown_attribute: 'record',
  strict_version: false,
  buttons: true,
  time_zone: 'Europe/Berlin',
  allowed_origins: [],
  callback: {
    url: 'https://app.example.com/parley/events',
    format: 'parley',
    timeout: '15s',
    retries: null,
    allow_cidrs: [],
    token_header: null,
    state: 'healthy',
    disabled_at: null,
    disabled_reason: null,
    failing_since: null,
    failing_reason: null,
    locked: [],
    waiting: { conversations: 0, events: 0, since: null, next_try_at: null, last_try_at: null },
    dead_letters: 0,
    previous_secret_until: null,
    as_of: '2026-12-01T09:30:00.000Z',
  },
  created_at: '2026-11-01T09:30:00.000Z',
};

export const exampleSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
