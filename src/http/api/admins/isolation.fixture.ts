// How another workspace's token would aim at teammates.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /admins/:id': () => ({ parameters: { id: '1' } }),
};
