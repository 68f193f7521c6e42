// How another workspace's token would aim at segments. Each workspace has its own of the same ids.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /segments/:id': () => ({
    parameters: { id: '1' },
    query: '?include_count=true',
    findsOwn: true,
  }),
  'GET /contacts/:id/segments': ({ contactId }) => ({ parameters: { id: contactId } }),
  'GET /companies/:id/segments': ({ companyId }) => ({ parameters: { id: companyId } }),
};
