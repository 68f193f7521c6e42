// Requests by which another workspace's token would reach notes.

import type { Isolation } from '../../../../test/support/isolation.ts';

export const isolation: Isolation = {
  'GET /contacts/:id/notes': ({ contactId }) => ({ parameters: { id: contactId } }),
  'POST /contacts/:id/notes': ({ contactId }) => ({
    parameters: { id: contactId },
    body: { body: 'Planted' },
  }),
  'GET /notes/:id': ({ noteId }) => ({ parameters: { id: noteId } }),
};
