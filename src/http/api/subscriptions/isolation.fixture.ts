// How another workspace's token would aim at the subscriptions of contacts.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /contacts/:id/subscriptions': ({ contactId }) => ({ parameters: { id: contactId } }),
  'POST /contacts/:id/subscriptions': ({ contactId }) => ({
    parameters: { id: contactId },
    body: { id: '1', consent_type: 'opt_out' },
  }),
  'DELETE /contacts/:id/subscriptions/:subscription_id': ({ contactId }) => ({
    parameters: { id: contactId, subscription_id: '1' },
  }),
};
