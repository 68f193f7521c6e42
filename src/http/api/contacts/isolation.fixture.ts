// How another workspace's token would aim at contacts.

import type { Isolation } from '../../../../test/support/isolation.ts';

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
  'GET /contacts/:id': ({ contactId }) => ({ parameters: { id: contactId } }),
};
