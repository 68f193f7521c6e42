// Creates data attributes of contacts for written names without a definition (contract D.1). Existing ones, archived
// ones included, stay unchanged.

import { limits } from '../base/limits.ts';
import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import type { DataType } from '../core/model/model.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  countAttributes,
  findModelsWithName,
  insertAttribute,
} from '../store/resources/data-attributes.ts';
import { type CommandContext, runCommand } from './command.ts';

type WrittenAttribute = { readonly name: string; readonly dataType: DataType };

/**
 * Creates the missing ones, up to the limit of the workspace.
 * @returns the number of created attributes.
 */
export const createContactAttributes = (
  context: CommandContext,
  attributes: readonly WrittenAttribute[],
): Promise<Result<number, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    let left = limits.dataAttributesMax - (await countAttributes(connection, workspaceId));
    let created = 0;
    for (const { name, dataType } of attributes) {
      if (left <= 0) break;
      const models = await findModelsWithName(connection, workspaceId, name);
      if (models.some((model) => model !== 'conversation')) continue;
      const attribute = await insertAttribute(connection, workspaceId, {
        model: 'contact',
        name,
        dataType,
        options: [],
        description: null,
        messengerWritable: false,
        adminId: Number(actor.id),
      });
      // Another request created it meanwhile.
      if (attribute === null) continue;
      left -= 1;
      created += 1;
      const object = { type: 'data_attribute', id: String(attribute.id) } as const;
      const entry = { action: 'data_attribute.created', actor, object, relatedId: null } as const;
      await addAuditEntry(connection, workspaceId, entry);
    }
    return ok(created);
  });
