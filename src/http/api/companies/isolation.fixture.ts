// How another workspace's token would aim at companies.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'POST /companies': ({ externalId }) => ({ body: { company_id: externalId, size: 1 } }),
  'POST /companies/list': () => ({ body: {} }),
  'PUT /companies/:id': ({ companyId }) => ({
    parameters: { id: companyId },
    body: { name: 'Taken over' },
  }),
  'GET /contacts/:id/companies': ({ contactId }) => ({ parameters: { id: contactId } }),
  'POST /contacts/:id/companies': ({ contactId, companyId }) => ({
    parameters: { id: contactId },
    body: { id: companyId },
  }),
  'DELETE /contacts/:id/companies/:company_id': ({ contactId, companyId }) => ({
    parameters: { id: contactId, company_id: companyId },
  }),
  'GET /companies/:id': ({ companyId }) => ({ parameters: { id: companyId } }),
  'DELETE /companies/:id': ({ companyId }) => ({ parameters: { id: companyId } }),
};
