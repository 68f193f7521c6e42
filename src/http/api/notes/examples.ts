// Examples of notes for /docs and the OpenAPI document.

export const exampleNote = {
  type: 'note',
  id: '26',
  created_at: 1795000000,
  contact: { type: 'contact', id: '6a11c0de000000000003e800' },
  author: {
    type: 'admin',
    id: '1',
    name: 'Ada Admin',
    email: 'ada@example.com',
    job_title: '',
    away_mode_enabled: false,
    away_mode_reassign: false,
    away_status_reason_id: null,
    has_inbox_seat: true,
    team_ids: [],
    avatar: { type: 'avatar', image_url: null },
    team_priority_level: null,
  },
  body: '<p>Prefers to be called.</p>',
};
