// How another workspace's token would aim at contacts.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /contacts/:id': ({ contactId }) => ({ parameters: { id: contactId } }),
};
