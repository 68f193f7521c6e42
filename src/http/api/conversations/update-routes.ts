// Changes a conversation without a word of a person: title, attributes, read, redaction, and what Parley answers to
// assignment rules and tickets (contract D.2).

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import type { ConversationSignal } from '../../../core/conversation/signal.ts';
import type { Connection } from '../../../database/pool.ts';
import {
  findAddressOnceThere,
  findConversationAddress,
} from '../../../store/resources/conversation-address.ts';
import {
  type FoundPart,
  findConversation,
  findFirstParts,
  findPartByPartId,
} from '../../../store/resources/conversations.ts';
import { conversationParameter } from '../../server/path-parameters.ts';
import { readAttributes } from '../../server/read-attributes.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { type Aimed, changeConversation, submitChange } from './change-conversation.ts';
import { exampleConversation } from './examples.ts';
import { conversationSchema } from './schema.ts';
import {
  deletedConversation,
  type RedactBody,
  redactBody,
  type UpdateBody,
  updateBody,
} from './update-schema.ts';

const common = {
  access: 'token',
  scope: 'write',
  tag: 'Conversations',
  response: conversationSchema,
  responseExample: exampleConversation,
} as const;

export const conversationUpdateRoutes: readonly ApiRoute[] = [
  {
    ...common,
    method: 'PUT',
    path: '/conversations/:id',
    operationId: 'updateConversation',
    summary: 'Update a conversation',
    description:
      'Sets title, custom attributes, and whether it is read. Sends no event to the app, and no workflow ends.',
    parameters: [
      conversationParameter,
      {
        name: 'display_as',
        in: 'query',
        description: '`plaintext` returns texts as they were sent instead of HTML.',
        example: 'plaintext',
      },
    ],
    body: updateBody,
    isBodyOptional: true,
    bodyExample: { read: true, title: 'Lost parcel', custom_attributes: { order_number: '1001' } },
    errors: [
      'resourceNotFound',
      'attributeValueInvalid',
      'attributesFull',
      'attributesTooLarge',
      'actionUnsupported',
    ],
    async handle(call) {
      const read = readUpdate(call.body as UpdateBody);
      if (!read.ok) return read;
      const { display_as: displayAs } = call.request.query as { display_as?: unknown };
      const aim = aimAt(call, (conversationId) => ({ ...read.value, conversationId }));
      return changeConversation(call, aim, displayAs === 'plaintext');
    },
  },
  {
    ...common,
    method: 'DELETE',
    path: '/conversations/:id',
    operationId: 'deleteConversation',
    summary: 'Delete a conversation',
    description:
      'Removes all that was said in it, for good, and tells the app by `conversation_deleted`. Its external id is ' +
      'free: events for it get 404 until `notify_new_conversation` begins a new conversation.',
    parameters: [conversationParameter],
    response: deletedConversation,
    responseExample: { id: '256257', object: 'conversation', deleted: true },
    errors: ['resourceNotFound'],
    async handle(call) {
      const deleted = await submitChange(call, (connection) => aimAtDeletion(call, connection));
      return deleted.ok
        ? ok({ id: String(deleted.value), object: 'conversation', deleted: true })
        : deleted;
    },
  },
  {
    ...common,
    method: 'POST',
    path: '/conversations/redact',
    operationId: 'redactConversation',
    summary: 'Remove the text of a message',
    description:
      'The part stays, without its text, and the app gets the event `message_redacted`, except about a note. ' +
      'The `source` can be redacted if it is the message of a contact; it is a part, too.',
    body: redactBody,
    bodyExample: {
      type: 'conversation_part',
      conversation_id: '256257',
      conversation_part_id: '256514',
    },
    errors: ['resourceNotFound', 'partNotFound', 'partNotRedactable'],
    handle: (call) =>
      changeConversation(call, (connection) =>
        aimAtPart(call, connection, call.body as RedactBody),
      ),
  },
  {
    ...common,
    method: 'POST',
    path: '/conversations/:id/run_assignment_rules',
    operationId: 'runAssignmentRules',
    summary: 'Run assignment rules',
    description:
      'Parley has no assignment rules besides its workflows, which run by themselves: nothing changes.',
    parameters: [conversationParameter],
    errors: ['resourceNotFound'],
    handle: (call) =>
      changeConversation(
        call,
        aimAt(call, () => null),
      ),
  },
  {
    ...common,
    method: 'POST',
    path: '/conversations/:id/convert',
    operationId: 'convertConversation',
    summary: 'Convert a conversation to a ticket (not served)',
    description: 'Parley has no tickets: the response is 400.',
    parameters: [conversationParameter],
    errors: ['resourceNotFound', 'parameterInvalid'],
    handle: (call) =>
      changeConversation(call, async (connection) => {
        const aimed = await aimAt(call, () => null)(connection);
        const message = 'Parley does not serve tickets: a conversation cannot be converted to one';
        return aimed.ok ? fail(apiError('parameterInvalid', 'ticket_type_id', message)) : aimed;
      }),
  },
];

const aimAt =
  (call: AuthenticatedCall, signalOf: (id: number) => ConversationSignal | null) =>
  async (connection: Connection): Promise<Result<Aimed, ContractError>> => {
    const { id } = call.request.params as { id: string };
    const { workspaceId } = call.principal;
    const address = await findConversationAddress(connection, workspaceId, readId(id));
    return address === null
      ? fail(apiError('resourceNotFound'))
      : ok({ address, signal: signalOf(address.id) });
  };

/** Aims at a deleted conversation too: the signal finds out, since this may be the repeat of a deletion. */
async function aimAtDeletion(
  { request, principal: { workspaceId, adminId } }: AuthenticatedCall,
  connection: Connection,
): Promise<Result<Aimed, ContractError>> {
  const { id } = request.params as { id: string };
  const address = await findAddressOnceThere(connection, workspaceId, readId(id));
  if (address === null) return fail(apiError('resourceNotFound'));
  return ok({ address, signal: { kind: 'delete', conversationId: address.id, adminId } });
}

type Update = Omit<Extract<ConversationSignal, { readonly kind: 'update' }>, 'conversationId'>;

function readUpdate(body: UpdateBody): Result<Update, ContractError> {
  if ((body.company_id ?? '') !== '') {
    return fail(apiError('actionUnsupported', 'company_id', 'Conversations have no company yet'));
  }
  const attributes = readAttributes(body.custom_attributes ?? {});
  if (!attributes.ok) return attributes;
  const title = body.title === undefined ? undefined : cleanText(body.title ?? '');
  return ok({
    kind: 'update',
    isRead: body.read ?? undefined,
    title: title?.trim() === '' ? null : title,
    attributes: attributes.value,
  });
}

async function aimAtPart(
  { principal: { workspaceId, adminId } }: AuthenticatedCall,
  connection: Connection,
  body: RedactBody,
): Promise<Result<Aimed, ContractError>> {
  const id = readId(body.conversation_id);
  const address = await findConversationAddress(connection, workspaceId, id);
  if (address === null) return fail(apiError('partNotFound', 'conversation_id'));
  const found =
    body.type === 'source'
      ? await findSourcePart(connection, workspaceId, id, readId(body.source_id ?? ''))
      : await findNamedPart(connection, workspaceId, id, readId(body.conversation_part_id ?? ''));
  if (!found.ok) return found;
  const { id: partId, position, partType, isRedacted } = found.value;
  if (isRedacted) return ok({ address, signal: null });
  const isNote = partType === 'note';
  return ok({
    address,
    signal: { kind: 'redact', conversationId: id, adminId, partId, position, isNote },
    isRepeatable: true,
  });
}

async function findNamedPart(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
  partId: number,
): Promise<Result<FoundPart, ContractError>> {
  const part = await findPartByPartId(connection, workspaceId, conversationId, partId);
  return part === null ? fail(apiError('partNotFound', 'conversation_part_id')) : ok(part);
}

/** Finds the message of a contact that a conversation began with. The source has the id of the conversation. */
async function findSourcePart(
  connection: Connection,
  workspaceId: number,
  conversationId: number,
  sourceId: number,
): Promise<Result<FoundPart, ContractError>> {
  if (sourceId !== conversationId) return fail(apiError('partNotFound', 'source_id'));
  const source = (await findConversation(connection, workspaceId, conversationId))?.source;
  const parts = await findFirstParts(connection, workspaceId, [conversationId]);
  const part = parts.get(conversationId);
  const isOfContact = source?.hasMessage && source.adminId === undefined;
  return isOfContact && part !== undefined
    ? ok(part)
    : fail(apiError('partNotRedactable', 'source_id'));
}
