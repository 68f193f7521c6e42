// Reads conversations (contract D.2).

import { limits } from '../../base/limits.ts';
import { fail, ok } from '../../base/result.ts';
import { refuse } from '../../contract/errors.ts';
import { conversationAnswer } from '../../contract/resources.ts';
import type { Connection } from '../../database/pool.ts';
import { findContacts } from '../../store/contacts.ts';
import { findConversation, findParts } from '../../store/conversations.ts';
import { readAs } from '../../store/read-transaction.ts';
import { presentConversation } from '../../core/present/conversation.ts';
import type { ApiRoute } from '../route.ts';

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
    answer: conversationAnswer,
    answerExample: {
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
    refusals: ['resourceNotFound'],
    async handle({ request, principal, dependencies }) {
      const { id } = request.params as { id: string };
      const { display_as: displayAs } = request.query as { display_as?: unknown };
      const view = /^[1-9]\d{0,15}$/.test(id)
        ? await readAs(dependencies.readPool, principal.workspaceId, (connection) =>
            readView(connection, principal.workspaceId, Number(id)),
          )
        : null;
      return view === null
        ? fail(refuse('resourceNotFound'))
        : ok(
            presentConversation({
              ...view,
              isPlainText: displayAs === 'plaintext',
              setup: await dependencies.setups.get(principal.workspaceId),
            }),
          );
    },
  },
];

async function readView(connection: Connection, workspaceId: number, id: number) {
  if (!Number.isSafeInteger(id)) return null;
  const conversation = await findConversation(connection, workspaceId, id);
  if (conversation === null) return null;
  const parts = await findParts(
    connection,
    workspaceId,
    id,
    limits.conversationPartsMax,
    limits.conversationBodiesBytesMax,
  );
  const people = new Set([conversation.contactId, ...conversation.otherContactIds]);
  for (const { author } of parts) {
    if (author.type === 'user' || author.type === 'lead') people.add(author.id);
  }
  const contacts = await findContacts(connection, workspaceId, [...people]);
  return { conversation, parts, contacts };
}
