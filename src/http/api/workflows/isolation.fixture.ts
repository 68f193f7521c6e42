// Requests by which another workspace's token would read workflows, choose a version, and move what waits.

import type { Isolation } from '../../../../test/support/isolation.ts';

const parameters = { id: '1' };

export const isolation: Isolation = {
  'GET /parley/v1/workflows/:id': () => ({ parameters }),
  'GET /parley/v1/workflows/:id/diff': () => ({ parameters, query: '?from=1&to=1' }),
  'POST /parley/v1/workflows/:id/rollback': () => ({ parameters, body: { version: 1 } }),
  'POST /parley/v1/workflows/:id/move': () => ({ parameters, body: { version: 1 } }),
};
