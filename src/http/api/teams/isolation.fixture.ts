// How another workspace's token would aim at teams.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /teams/:id': ({ teamId }) => ({ parameters: { id: teamId } }),
};
