// Requests by which another workspace's token would reach contacts.

import type { Isolation, Victim } from '../../../../test/support/isolation.ts';

const byId = ({ contactId }: Victim) => ({ parameters: { id: contactId } });

export const isolation: Isolation = {
  'POST /contacts/search': ({ contactId, externalId }) => ({
    body: {
      query: {
        operator: 'OR',
        value: [
          { field: 'id', operator: '=', value: contactId },
          { field: 'external_id', operator: '=', value: externalId },
          { field: 'created_at', operator: '>', value: 0 },
        ],
      },
    },
  }),
  'GET /contacts/:id': byId,
  'GET /contacts/find_by_external_id/:external_id': ({ externalId }) => ({
    parameters: { external_id: externalId },
  }),
  'POST /contacts': ({ externalId }) => ({ body: { external_id: externalId }, findsOwn: true }),
  'PUT /contacts/:id': (victim) => ({ ...byId(victim), body: { name: 'Taken over' } }),
  'GET /companies/:id/contacts': ({ companyId }) => ({ parameters: { id: companyId } }),
  'POST /contacts/:id/archive': byId,
  'POST /contacts/:id/unarchive': byId,
  'POST /contacts/:id/block': byId,
  'DELETE /contacts/:id': byId,
  'POST /contacts/merge': ({ contactId }) => ({ body: { from: contactId, into: contactId } }),
};
