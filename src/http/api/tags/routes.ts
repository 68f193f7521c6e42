// Tags of the workspace: list, create, rename, apply to contacts and companies, find, delete (contract D.3).

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { createTag } from '../../../commands/create-tag.ts';
import { deleteTag } from '../../../commands/delete-tag.ts';
import { renameTag } from '../../../commands/rename-tag.ts';
import { tagCompanies } from '../../../commands/tag-companies.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import type { Tag } from '../../../core/model/model.ts';
import type { TagChange } from '../../../core/model/tag-ids.ts';
import { presentTag } from '../../../core/presenters/tag.ts';
import type { Connection } from '../../../database/pool.ts';
import { findCompanyIds } from '../../../store/resources/companies.ts';
import {
  findTag,
  findTagByName,
  findTagsOfContacts,
  listTags,
  type TagsOf,
} from '../../../store/resources/tags.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { exampleTag } from './examples.ts';
import { type TagBody, tagBody, tagList, tagSchema } from './schema.ts';

const idParameter = {
  name: 'id',
  in: 'path',
  description: 'The id of the tag.',
  example: '7',
} as const;

export const tagRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
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
    scope: 'write',
    method: 'POST',
    path: '/tags',
    operationId: 'createTag',
    summary: 'Create a tag, rename it, or tag contacts and companies with it',
    description:
      'Finds the tag of this name or creates it; with `id`, renames the tag of that id. `users` lists contacts to ' +
      'tag, `companies` companies: all are tagged, or none if one does not exist. Idempotent.',
    tag: 'Tags',
    body: tagBody,
    bodyExample: { name: 'VIP' },
    response: tagSchema,
    responseExample: exampleTag,
    errors: [
      'resourceNotFound',
      'tagNotFound',
      'contactNotFound',
      'companyNotFound',
      'tooManyTags',
    ],
    handle: (call) => orUnavailable(call, REPEATABLE, () => createOrApply(call)),
  },
  {
    access: 'token',
    scope: 'read',
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
    scope: 'write',
    method: 'DELETE',
    path: '/tags/:id',
    operationId: 'deleteTag',
    summary: 'Delete a tag',
    description:
      'Removes it from all contacts, companies and conversations. Rejected while a workflow adds it, removes it or tests for it.',
    tag: 'Tags',
    parameters: [idParameter],
    response: null,
    responseExample: null,
    errors: ['resourceNotFound', 'tagInUse'],
    handle: (call) =>
      orUnavailable(call, REPEATABLE, async () => {
        const { id } = call.request.params as { id: string };
        const deleted = await deleteTag(commandContextOf(call), readId(id));
        call.dependencies.setups.drop(call.principal.workspaceId);
        return deleted;
      }),
  },
];

async function createOrApply(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const body = call.body as TagBody;
  const { workspaceId } = call.principal;
  const { readPool, setups } = call.dependencies;
  const name = cleanText(body.name).trim();
  const id = body.id ?? null;
  const { wishes, companies, known } = await readAs(readPool, workspaceId, async (connection) => ({
    wishes: await findWishes(connection, workspaceId, body),
    companies: await findCompanies(connection, workspaceId, body),
    known:
      id === null
        ? await findTagByName(connection, workspaceId, name)
        : await findTag(connection, workspaceId, readId(id)),
  }));
  if (!wishes.ok) return wishes;
  if (!companies.ok) return companies;
  const isAnyRemoved =
    companies.value.remove.length > 0 || wishes.value.some(({ isRemoved }) => isRemoved);
  const isAnyAdded =
    companies.value.add.length > 0 || wishes.value.some(({ isRemoved }) => !isRemoved);
  if (known === null && isAnyRemoved && !isAnyAdded) return fail(apiError('tagNotFound', 'name'));
  // Checked before anything is written: all or nothing.
  const full = wishes.value.findIndex((wish) => isFull(wish, known));
  if (full >= 0) return fail(apiError('tooManyTags', `users.${full}.id`));
  const tag =
    id === null
      ? await createTag(commandContextOf(call), name)
      : await renameTag(commandContextOf(call), { id: readId(id), name });
  if (!tag.ok) return tag;
  setups.drop(workspaceId);
  if ((body.companies ?? []).length > 0) {
    const tagged = await tagCompanies(commandContextOf(call), tag.value.id, companies.value);
    if (!tagged.ok) return tagged;
  }
  const applied = await Promise.all(wishes.value.map((wish) => applyTo(call, wish, tag.value)));
  // A contact who is gone by now was there before: then it was tagged first, and deleted after that.
  const failed = applied.find((result) => !result.ok && result.error.status !== 404);
  return failed !== undefined && !failed.ok ? failed : ok(presentTag(tag.value));
}

/** A contact to tag or untag, with its current tags. */
type Wish = TagsOf & { readonly contactId: string; readonly isRemoved: boolean };

const isFull = ({ present, isRemoved }: Wish, known: Tag | null): boolean =>
  !isRemoved &&
  present.length >= limits.tagsPerObjectMax &&
  (known === null || !present.includes(known.id));

/** Finds the contacts, all of them before anything is written. */
async function findWishes(
  connection: Connection,
  workspaceId: number,
  { users: listed, tag_or_untag: direction, untag }: TagBody,
): Promise<Result<readonly Wish[], ContractError>> {
  const users = listed ?? [];
  if (users.length === 0) return ok([]);
  const names = users.map(({ id, user_id: userId }) => ({
    id: textOrNull(id),
    externalId: textOrNull(userId),
  }));
  const nameless = names.findIndex(({ id, externalId }) => id === null && externalId === null);
  if (nameless >= 0) return fail(apiError('parameterRequired', `users.${nameless}.id`));
  const wishes: Wish[] = [];
  const found = await findTagsOfContacts(connection, workspaceId, names);
  for (const [index, { contactId, ...tags }] of found.entries()) {
    if (contactId === null) return fail(apiError('contactNotFound', `users.${index}.id`));
    const isRemoved = direction === 'untag' || untag === true || users[index]!.untag === true;
    wishes.push({ ...tags, contactId, isRemoved });
  }
  return ok(wishes);
}

/** Finds the companies, all of them before anything is written. */
async function findCompanies(
  connection: Connection,
  workspaceId: number,
  { companies: listed, tag_or_untag: direction, untag }: TagBody,
): Promise<Result<TagChange, ContractError>> {
  const companies = listed ?? [];
  const names = companies.map(({ id, company_id: companyId }) => ({
    id: (id ?? '') === '' ? null : readId(id!),
    companyId: textOrNull(companyId === '' ? null : companyId),
  }));
  const nameless = names.findIndex(({ id, companyId }) => id === null && companyId === null);
  if (nameless >= 0) return fail(apiError('parameterRequired', `companies.${nameless}.id`));
  const ids = await findCompanyIds(connection, workspaceId, names);
  const unknown = ids.indexOf(null);
  if (unknown >= 0) return fail(apiError('companyNotFound', `companies.${unknown}.id`));
  const isRemoved = companies.map(
    (one) => direction === 'untag' || untag === true || one.untag === true,
  );
  return ok({
    add: ids.filter((id, index) => id !== null && !isRemoved[index]) as number[],
    remove: ids.filter((id, index) => id !== null && isRemoved[index]) as number[],
  });
}

const textOrNull = (id: string | number | null | undefined): string | null =>
  id === null || id === undefined ? null : String(id);

const applyTo = (
  { request, principal, dependencies }: AuthenticatedCall,
  { contactId, isRemoved, deleted }: Wish,
  tag: Tag,
) =>
  dependencies.engine.submit({
    kind: 'contact',
    workspaceId: principal.workspaceId,
    contactId,
    signal: {
      kind: 'contact_tags',
      // Deleted tags do not count against the limit.
      tags: isRemoved
        ? { add: [], remove: [tag.id, ...deleted] }
        : { add: [tag.id], remove: deleted },
      actor: { type: 'admin', id: String(principal.adminId) },
    },
    requestId: request.id,
  });
