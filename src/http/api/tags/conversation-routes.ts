// Tagging a conversation as a teammate (contract D.2): through the engine, as everything that changes a conversation.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import type { Tag } from '../../../core/model/model.ts';
import type { TagChange } from '../../../core/model/tag-ids.ts';
import { presentAppliedTag } from '../../../core/presenters/tag.ts';
import { findTagApplications } from '../../../store/resources/audit-log.ts';
import { findConversationAddress } from '../../../store/resources/conversation-address.ts';
import { findTag, findTagsOfConversation } from '../../../store/resources/tags.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { conversationParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { exampleAppliedTag } from './examples.ts';
import {
  appliedTag,
  type TagConversationBody,
  tagConversationBody,
  type UntagConversationBody,
  untagConversationBody,
} from './schema.ts';

export const conversationTagRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/conversations/:id/tags',
    operationId: 'tagConversation',
    summary: 'Add a tag to a conversation',
    description: 'Adding a tag that the conversation has already changes nothing.',
    tag: 'Conversations',
    parameters: [conversationParameter],
    body: tagConversationBody,
    bodyExample: { id: '7', admin_id: '1' },
    response: appliedTag,
    responseExample: exampleAppliedTag,
    errors: ['resourceNotFound', 'tagNotFound', 'adminNotFound', 'tooManyTags'],
    handle(call) {
      const { id, admin_id: adminId } = call.body as TagConversationBody;
      return changeTag(call, readId(id), readId(adminId), (tag) => ({
        add: [tag.id],
        remove: [],
      }));
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'DELETE',
    path: '/conversations/:id/tags/:tag_id',
    operationId: 'untagConversation',
    summary: 'Remove a tag from a conversation',
    description: 'Removing a tag that the conversation does not have changes nothing.',
    tag: 'Conversations',
    parameters: [
      conversationParameter,
      { name: 'tag_id', in: 'path', description: 'The id of the tag.', example: '7' },
    ],
    body: untagConversationBody,
    isBodyOptional: true,
    bodyExample: { admin_id: '1' },
    response: appliedTag,
    responseExample: exampleAppliedTag,
    errors: ['resourceNotFound', 'tagNotFound', 'adminNotFound'],
    handle(call) {
      const { tag_id: tagId } = call.request.params as { tag_id: string };
      const { admin_id: adminId } = call.body as UntagConversationBody;
      const by = adminId ?? call.principal.adminId;
      return changeTag(call, readId(tagId), readId(by), (tag) => ({ add: [], remove: [tag.id] }));
    },
  },
];

const changeTag = (
  call: AuthenticatedCall,
  tagId: number,
  adminId: number,
  changeOf: (tag: Tag) => TagChange,
): Promise<Result<object, ContractError>> =>
  orUnavailable(call, REPEATABLE, async () => {
    const { request, principal, dependencies } = call;
    const { workspaceId } = principal;
    const { id } = request.params as { id: string };
    const { address, tag, deleted } = await readAs(
      dependencies.readPool,
      workspaceId,
      async (connection) => ({
        address: await findConversationAddress(connection, workspaceId, readId(id)),
        tag: await findTag(connection, workspaceId, tagId),
        ...(await findTagsOfConversation(connection, workspaceId, readId(id))),
      }),
    );
    if (address === null) return fail(apiError('resourceNotFound', null, 'Conversation not found'));
    if (tag === null) return fail(apiError('tagNotFound', 'id'));
    const { channelId, externalId, id: conversationId } = address;
    const { add, remove } = changeOf(tag);
    const changed = await dependencies.engine.submit({
      kind: 'conversation',
      workspaceId,
      channelId,
      externalId,
      signal: {
        kind: 'teammate',
        conversationId,
        adminId,
        // Deleted tags do not count against the limit.
        action: { do: 'tag', tags: { add, remove: [...remove, ...deleted] } },
      },
      requestId: request.id,
    });
    if (!changed.ok) return changed;
    const object = { type: 'conversation', id: String(conversationId) } as const;
    const applications = await readAs(dependencies.readPool, workspaceId, (connection) =>
      findTagApplications(connection, workspaceId, object, [tagId]),
    );
    return ok(presentAppliedTag(tag, applications.get(tagId)));
  });
