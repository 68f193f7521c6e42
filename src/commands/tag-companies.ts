// Adds a tag to companies and removes it from others, all or nothing. It skips companies that were deleted meanwhile.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { TagChange } from '../core/model/tag-ids.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  findTagsOfCompanies,
  tagCompanies as tag,
  untagCompanies as untag,
} from '../store/resources/company-tags.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Changes the tag. @param companies the ids of those that get it and of those that lose it. */
export const tagCompanies = (
  context: CommandContext,
  tagId: number,
  companies: TagChange,
): Promise<Result<null, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const tagged = await tag(connection, workspaceId, tagId, companies.add);
    const tags = await findTagsOfCompanies(connection, workspaceId, tagged);
    if ([...tags.values()].some(({ length }) => length > limits.tagsPerObjectMax)) {
      return fail(apiError('tooManyTags', 'companies'));
    }
    const untagged = await untag(connection, workspaceId, tagId, companies.remove);
    for (const [action, ids] of [
      ['company.tagged', tagged],
      ['company.untagged', untagged],
    ] as const) {
      for (const id of ids) {
        const object = { type: 'company', id: String(id) } as const;
        const entry = { action, actor, object, relatedId: String(tagId) };
        await addAuditEntry(connection, workspaceId, entry);
      }
    }
    return ok(null);
  });
