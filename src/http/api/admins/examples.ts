// Examples of admins for /docs and the OpenAPI document.

export const exampleAdmin = {
  type: 'admin',
  id: '1',
  name: 'Admin',
  email: 'admin@default.invalid',
  has_inbox_seat: true,
  team_ids: [3],
};

export const exampleMe = {
  type: 'admin',
  id: '1',
  name: 'Admin',
  email: 'admin@default.invalid',
  email_verified: true,
  has_inbox_seat: true,
  team_ids: [],
  app: { type: 'app', id_code: '1', name: 'default', created_at: 1795000000 },
};

export const exampleActivity = {
  id: '17',
  performed_by: { type: 'admin', id: '1', email: 'admin@default.invalid', ip: null },
  metadata: { away_mode: true, reassign_conversations: false },
  created_at: 1795000000,
  activity_type: 'admin_away_mode_change',
  activity_description: 'Admin turned away mode on for Admin.',
};
