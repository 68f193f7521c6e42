// Reads conversations (contract D.2).

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { readId } from '../../server/read-id.ts';
import type { ApiRoute } from '../../server/route.ts';
import { readConversationView } from './conversation-view.ts';
import { conversationSchema } from './schema.ts';

export const conversationRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    method: 'GET',
    path: '/conversations/:id',
    operationId: 'showConversation',
    summary: 'Get a conversation with its newest parts',
    description:
      'At most 500 parts, and no more than 2 MiB of text; `total_count` tells how many there are.',
    tag: 'Conversations',
    parameters: [
      {
        name: 'id',
        in: 'path',
        description: 'Our id of the conversation: `conversation_id` of a notify answer.',
        example: '256257',
      },
      {
        name: 'display_as',
        in: 'query',
        description: '`plaintext` gives texts as they were typed instead of HTML.',
        example: 'plaintext',
      },
    ],
    response: conversationSchema,
    responseExample: {
      type: 'conversation',
      id: '256257',
      state: 'open',
      open: true,
      contacts: {
        type: 'contact.list',
        contacts: [{ type: 'contact', id: '6a11c0de000000000003e800', external_id: 'user_001' }],
      },
      conversation_parts: {
        type: 'conversation_part.list',
        conversation_parts: [
          {
            type: 'conversation_part',
            id: '256514',
            part_type: 'comment',
            body: '<p>Hello, I need help with my order.</p>',
          },
        ],
        total_count: 1,
      },
    },
    errors: ['resourceNotFound'],
    async handle({ request, principal, dependencies }) {
      const { id } = request.params as { id: string };
      const { display_as: displayAs } = request.query as { display_as?: unknown };
      const isPlainText = displayAs === 'plaintext';
      const view = await readConversationView(
        dependencies,
        principal.workspaceId,
        readId(id),
        isPlainText,
      );
      return view === null ? fail(apiError('resourceNotFound')) : ok(view);
    },
  },
];
