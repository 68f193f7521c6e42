// Renames a tag, unless another tag has the name. Contacts and conversations keep the tag.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { changedValues } from '../core/model/audit.ts';
import type { Tag } from '../core/model/model.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { findTag, findTagByName, renameTag as writeName } from '../store/resources/tags.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Renames the tag. @param tag the id, with the new name. */
export const renameTag = (context: CommandContext, tag: Tag): Promise<Result<Tag, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const before = await findTag(connection, workspaceId, tag.id);
    if (before === null) return fail(apiError('resourceNotFound'));
    if (before.name === tag.name) return ok(before);
    const other = await findTagByName(connection, workspaceId, tag.name);
    if (other !== null && other.id !== tag.id) {
      return fail(apiError('parameterInvalid', 'name', 'Another tag has this name'));
    }
    await writeName(connection, workspaceId, tag);
    const object = { type: 'tag', id: String(tag.id) } as const;
    const entry = { action: 'tag.renamed', actor, object, relatedId: null } as const;
    const change = changedValues({ name: before.name }, { name: tag.name });
    await addAuditEntry(connection, workspaceId, { ...entry, ...change });
    return ok(tag);
  });
