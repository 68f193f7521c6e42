// Requests by which another workspace's token would reach teammates.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'PUT /admins/:id/away': () => ({
    parameters: { id: '1' },
    body: { away_mode_enabled: true, away_mode_reassign: true },
  }),
  'GET /admins/:id': () => ({ parameters: { id: '1' } }),
};
