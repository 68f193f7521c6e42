// Requests by which another workspace's token would reach teams.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /teams/:id': ({ teamId }) => ({ parameters: { id: teamId } }),
};
