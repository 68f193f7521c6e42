// Creates a tag, or finds the one with that name.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import type { Tag } from '../core/model/model.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import { countTags, findTagByName, insertTag } from '../store/resources/tags.ts';
import { type CommandContext, runCommand } from './command.ts';

const TRIES_MAX = 3;
const CONTESTED = 'Other requests create and delete this tag at the same time: repeat the request';

/** Creates the tag. @param name compared without case. */
export const createTag = (
  context: CommandContext,
  name: string,
): Promise<Result<Tag, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    let created: Tag | null = null;
    // Another request may create it between the two statements, and even delete it again.
    for (let tries = 0; created === null; tries += 1) {
      const known = await findTagByName(connection, workspaceId, name);
      if (known !== null) return ok(known);
      if (tries === TRIES_MAX) return fail(apiError('serviceUnavailable', null, CONTESTED));
      created = await insertTag(connection, workspaceId, name);
    }
    if ((await countTags(connection, workspaceId)) > limits.tagsPerWorkspaceMax) {
      const message = `A workspace has at most ${limits.tagsPerWorkspaceMax} tags`;
      return fail(apiError('tooManyTags', 'name', message));
    }
    const object = { type: 'tag', id: String(created.id) } as const;
    const entry = { action: 'tag.created', actor, object, relatedId: null } as const;
    await addAuditEntry(connection, workspaceId, { ...entry, after: { name: created.name } });
    return ok(created);
  });
