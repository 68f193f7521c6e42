// How another workspace's token would aim at companies.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'POST /companies': ({ externalId }) => ({ body: { company_id: externalId, size: 1 } }),
  'POST /companies/list': () => ({ body: {} }),
  'GET /companies/:id': ({ companyId }) => ({ parameters: { id: companyId } }),
  'DELETE /companies/:id': ({ companyId }) => ({ parameters: { id: companyId } }),
};
