// Tags of the workspace: list, create, rename, apply to contacts, find, delete (contract D.3).

import { fail, ok, type Result } from '../../../base/result.ts';
import type { CommandContext } from '../../../commands/command.ts';
import { createTag } from '../../../commands/create-tag.ts';
import { deleteTag } from '../../../commands/delete-tag.ts';
import { renameTag } from '../../../commands/rename-tag.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import type { Tag } from '../../../core/model/model.ts';
import { presentTag } from '../../../core/presenters/tag.ts';
import { findContactId } from '../../../store/resources/conversation-address.ts';
import { findTag, listTags } from '../../../store/resources/tags.ts';
import { readAs } from '../../../store/sql/read-transaction.ts';
import { readId } from '../../server/read-id.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { orUnavailable, REPEATABLE } from '../../server/unavailable.ts';
import { exampleTag } from './examples.ts';
import { type TagBody, type TaggedUser, tagBody, tagList, tagSchema } from './schema.ts';

const idParameter = {
  name: 'id',
  in: 'path',
  description: 'The id of the tag.',
  example: '7',
} as const;

export const tagRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    method: 'GET',
    path: '/tags',
    operationId: 'listTags',
    summary: 'List the tags',
    tag: 'Tags',
    response: tagList,
    responseExample: { type: 'list', data: [exampleTag] },
    errors: [],
    async handle({ principal: { workspaceId }, dependencies }) {
      const tags = await readAs(dependencies.readPool, workspaceId, (connection) =>
        listTags(connection, workspaceId),
      );
      return ok({ type: 'list', data: tags.map(presentTag) });
    },
  },
  {
    access: 'token',
    method: 'POST',
    path: '/tags',
    operationId: 'createTag',
    summary: 'Create a tag, rename it, or tag contacts with it',
    description:
      'Finds the tag of the name or creates it; with `id` the tag of that id gets the name. With `users` those ' +
      'contacts get the tag too: all of them, or none if one is not there. Repeating it changes nothing.',
    tag: 'Tags',
    body: tagBody,
    bodyExample: { name: 'VIP' },
    response: tagSchema,
    responseExample: exampleTag,
    errors: ['resourceNotFound', 'contactNotFound', 'actionUnsupported', 'tooManyTags'],
    handle: (call) => orUnavailable(call, REPEATABLE, () => createOrApply(call)),
  },
  {
    access: 'token',
    method: 'GET',
    path: '/tags/:id',
    operationId: 'findTag',
    summary: 'Get a tag',
    tag: 'Tags',
    parameters: [idParameter],
    response: tagSchema,
    responseExample: exampleTag,
    errors: ['resourceNotFound'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const { id } = request.params as { id: string };
      const tag = await readAs(dependencies.readPool, workspaceId, (connection) =>
        findTag(connection, workspaceId, readId(id)),
      );
      return tag === null ? fail(apiError('resourceNotFound')) : ok(presentTag(tag));
    },
  },
  {
    access: 'token',
    method: 'DELETE',
    path: '/tags/:id',
    operationId: 'deleteTag',
    summary: 'Delete a tag',
    description:
      'It is gone from all contacts and conversations. Refused while a workflow adds or removes it.',
    tag: 'Tags',
    parameters: [idParameter],
    response: null,
    responseExample: null,
    errors: ['resourceNotFound', 'tagInUse'],
    handle: (call) =>
      orUnavailable(call, REPEATABLE, async () => {
        const { id } = call.request.params as { id: string };
        const deleted = await deleteTag(commandOf(call), readId(id));
        call.dependencies.setups.drop(call.principal.workspaceId);
        return deleted;
      }),
  },
];

const commandOf = ({ principal, dependencies }: AuthenticatedCall): CommandContext => ({
  pool: dependencies.commandPool,
  workspaceId: principal.workspaceId,
  actor: { type: 'admin', id: String(principal.adminId) },
});

async function createOrApply(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const body = call.body as TagBody;
  const users = body.users ?? [];
  if ((body.companies ?? []).length > 0) {
    return fail(apiError('actionUnsupported', 'companies', 'Companies are not served yet'));
  }
  const contactIds = await findUsers(call, users);
  if (!contactIds.ok) return contactIds;
  const name = cleanText(body.name).trim();
  const tag =
    body.id === null || body.id === undefined
      ? await createTag(commandOf(call), name)
      : await renameTag(commandOf(call), { id: readId(body.id), name });
  if (!tag.ok) return tag;
  call.dependencies.setups.drop(call.principal.workspaceId);
  const untagsAll = body.tag_or_untag === 'untag';
  const applied = await Promise.all(
    contactIds.value.map((contactId, index) =>
      applyTo(call, contactId, tag.value, untagsAll || users[index]!.untag === true),
    ),
  );
  const failed = applied.find((result) => !result.ok);
  return failed !== undefined && !failed.ok ? failed : ok(presentTag(tag.value));
}

/** Finds the contacts, all of them before anything is written. */
async function findUsers(
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  users: readonly TaggedUser[],
): Promise<Result<readonly string[], ContractError>> {
  if (users.length === 0) return ok([]);
  return readAs(dependencies.readPool, workspaceId, async (connection) => {
    const found: string[] = [];
    for (const [index, { id, user_id: userId }] of users.entries()) {
      const value = id ?? userId;
      if (value === null || value === undefined) {
        return fail(apiError('parameterRequired', `users.${index}.id`));
      }
      const by = id === null || id === undefined ? 'externalId' : 'id';
      const contactId = await findContactId(connection, workspaceId, { by, value: String(value) });
      if (contactId === null) return fail(apiError('contactNotFound', `users.${index}.id`));
      found.push(contactId);
    }
    return ok(found);
  });
}

const applyTo = (
  { request, principal, dependencies }: AuthenticatedCall,
  contactId: string,
  tag: Tag,
  isRemoved: boolean,
) =>
  dependencies.engine.submit({
    kind: 'contact',
    workspaceId: principal.workspaceId,
    contactId,
    signal: {
      kind: 'contact_tags',
      tags: isRemoved ? { add: [], remove: [tag.id] } : { add: [tag.id], remove: [] },
      actor: { type: 'admin', id: String(principal.adminId) },
    },
    requestId: request.id,
  });
