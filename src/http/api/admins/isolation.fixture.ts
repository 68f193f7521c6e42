// Requests by which another workspace's token would reach teammates.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /admins/:id': () => ({ parameters: { id: '1' } }),
};
