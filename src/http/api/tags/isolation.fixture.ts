// Requests by which another workspace's token would reach tags, and tagged contacts and conversations.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'POST /tags': ({ tagId }) => ({ body: { id: tagId, name: 'Taken over' } }),
  'GET /tags/:id': ({ tagId }) => ({ parameters: { id: tagId } }),
  'DELETE /tags/:id': ({ tagId }) => ({ parameters: { id: tagId } }),
  'GET /contacts/:id/tags': ({ contactId }) => ({ parameters: { id: contactId } }),
  'POST /contacts/:id/tags': ({ contactId, tagId }) => ({
    parameters: { id: contactId },
    body: { id: tagId },
  }),
  'DELETE /contacts/:id/tags/:tag_id': ({ contactId, tagId }) => ({
    parameters: { id: contactId, tag_id: tagId },
  }),
  'POST /conversations/:id/tags': ({ conversationId, tagId, otherAdminId }) => ({
    parameters: { id: conversationId },
    body: { id: tagId, admin_id: otherAdminId },
  }),
  'DELETE /conversations/:id/tags/:tag_id': ({ conversationId, tagId, otherAdminId }) => ({
    parameters: { id: conversationId, tag_id: tagId },
    body: { admin_id: otherAdminId },
  }),
};
