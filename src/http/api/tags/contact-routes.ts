// The tags of a contact (contract D.1): listed from the database, changed through the engine.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId, readId } from '../../../contract/read-id.ts';
import type { Tag } from '../../../core/model/model.ts';
import type { TagChange } from '../../../core/model/tag-ids.ts';
import { presentAppliedTag } from '../../../core/presenters/tag.ts';
import { findTagApplications } from '../../../store/resources/audit-log.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { findTag, findTags, findTagsOfContacts } from '../../../store/resources/tags.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { exampleAppliedTag } from './examples.ts';
import { type ApplyTagBody, appliedTag, appliedTagList, applyTagBody } from './schema.ts';

export const contactTagRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/:id/tags',
    operationId: 'listContactTags',
    summary: 'List the tags of a contact',
    tag: 'Contacts',
    parameters: [contactParameter],
    response: appliedTagList,
    responseExample: { type: 'list', data: [exampleAppliedTag] },
    errors: ['contactNotFound'],
    handle: listContactTags,
  },
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/contacts/:id/tags',
    operationId: 'tagContact',
    summary: 'Add a tag to a contact',
    description: 'Adding a tag that the contact has already changes nothing.',
    tag: 'Contacts',
    parameters: [contactParameter],
    body: applyTagBody,
    bodyExample: { id: '7' },
    response: appliedTag,
    responseExample: exampleAppliedTag,
    errors: ['contactNotFound', 'tagNotFound', 'tooManyTags'],
    handle(call) {
      const { id } = call.body as ApplyTagBody;
      return changeTag(call, readId(id), (tag) => ({ add: [tag.id], remove: [] }));
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'DELETE',
    path: '/contacts/:id/tags/:tag_id',
    operationId: 'untagContact',
    summary: 'Remove a tag from a contact',
    description: 'Removing a tag that the contact does not have changes nothing.',
    tag: 'Contacts',
    parameters: [
      contactParameter,
      { name: 'tag_id', in: 'path', description: 'The id of the tag.', example: '7' },
    ],
    response: appliedTag,
    responseExample: exampleAppliedTag,
    errors: ['contactNotFound', 'tagNotFound'],
    handle(call) {
      const { tag_id: tagId } = call.request.params as { tag_id: string };
      return changeTag(call, readId(tagId), (tag) => ({ add: [], remove: [tag.id] }));
    },
  },
];

const contactIdOf = ({ request }: AuthenticatedCall): string =>
  (request.params as { id: string }).id;

async function listContactTags(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { principal, dependencies } = call;
  const { workspaceId } = principal;
  const id = contactIdOf(call);
  if (!isContactId(id)) return fail(apiError('contactNotFound'));
  return readAs(dependencies.readPool, workspaceId, async (connection) => {
    const contact = await findContact(connection, workspaceId, id);
    if (contact === null) return fail(apiError('contactNotFound'));
    const { tagIds } = contact;
    const tags = await findTags(connection, workspaceId, tagIds);
    const object = { type: 'contact', id } as const;
    const applications = await findTagApplications(connection, workspaceId, object, tagIds);
    return ok({
      type: 'list',
      data: tags.map((tag) => presentAppliedTag(tag, applications.get(tag.id))),
    });
  });
}

const changeTag = (
  call: AuthenticatedCall,
  tagId: number,
  changeOf: (tag: Tag) => TagChange,
): Promise<Result<object, ContractError>> =>
  orUnavailable(call, REPEATABLE, async () => {
    const { request, principal, dependencies } = call;
    const { workspaceId } = principal;
    const contactId = contactIdOf(call);
    if (!isContactId(contactId)) return fail(apiError('contactNotFound'));
    const { tag, contacts } = await readAs(
      dependencies.readPool,
      workspaceId,
      async (connection) => ({
        tag: await findTag(connection, workspaceId, tagId),
        contacts: await findTagsOfContacts(connection, workspaceId, [
          { id: contactId, externalId: null },
        ]),
      }),
    );
    if (tag === null) return fail(apiError('tagNotFound', 'id'));
    const { add, remove } = changeOf(tag);
    const deleted = contacts[0]!.deleted;
    const changed = await dependencies.engine.submit({
      kind: 'contact',
      workspaceId,
      contactId,
      signal: {
        kind: 'contact_tags',
        // Deleted tags do not count against the limit.
        tags: { add, remove: [...remove, ...deleted] },
        actor: { type: 'admin', id: String(principal.adminId) },
      },
      requestId: request.id,
    });
    if (!changed.ok) return changed;
    const object = { type: 'contact', id: changed.value.contactId } as const;
    const applications = await readAs(dependencies.readPool, workspaceId, (connection) =>
      findTagApplications(connection, workspaceId, object, [tagId]),
    );
    return ok(presentAppliedTag(tag, applications.get(tagId)));
  });
