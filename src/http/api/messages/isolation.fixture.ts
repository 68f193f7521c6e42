// How another workspace's token would aim at the contacts of a new conversation.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'POST /conversations': ({ contactId }) => ({
    body: { from: { type: 'user', id: contactId }, body: 'Hello' },
  }),
  'POST /messages': ({ contactId, otherAdminId }) => ({
    body: {
      message_type: 'in_app',
      from: { type: 'admin', id: otherAdminId },
      to: { type: 'user', id: contactId },
      body: 'Hello',
    },
  }),
};
