// Reads conversations (contract D.2).

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { conversationParameter } from '../../server/path-parameters.ts';
import type { ApiRoute } from '../../server/route.ts';
import { readConversationView } from './conversation-view.ts';
import { exampleConversation } from './examples.ts';
import { conversationSchema } from './schema.ts';

export const conversationRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/conversations/:id',
    operationId: 'showConversation',
    summary: 'Get a conversation with its newest parts',
    description: 'Returns at most 500 parts and 2 MiB of text; `total_count` counts all parts.',
    tag: 'Conversations',
    parameters: [
      conversationParameter,
      {
        name: 'display_as',
        in: 'query',
        description: '`plaintext` returns texts as they were sent instead of HTML.',
        example: 'plaintext',
      },
    ],
    response: conversationSchema,
    responseExample: exampleConversation,
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
