// Creates data attributes for written names without a definition (contract D.1). Existing ones, archived ones included,
// stay unchanged.

import { limits } from '../base/limits.ts';
import { ok, type Result } from '../base/result.ts';
import type { ContractError } from '../contract/errors.ts';
import { dataTypeOf } from '../core/model/attribute-value.ts';
import type { Json } from '../core/model/model.ts';
import type { Connection } from '../database/pool.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  countAttributes,
  findTakenNames,
  insertAttribute,
  lockAttributeNames,
} from '../store/resources/data-attributes.ts';
import { auditedAttribute } from './audited-attribute.ts';
import { type CommandContext, runCommand } from './command.ts';

type Values = { readonly [name: string]: Json };

/**
 * Creates the missing ones of contacts, up to the limit of the workspace.
 * @returns the number of created attributes.
 */
export const defineContactAttributes = (
  context: CommandContext,
  values: Values,
): Promise<Result<number, ContractError>> =>
  runCommand(context, async (connection) =>
    ok(await defineAttributes(connection, context, 'contact', values)),
  );

/** Does it as part of another command. Values that clear an attribute define none. */
export async function defineAttributes(
  connection: Connection,
  { workspaceId, actor }: Omit<CommandContext, 'pool'>,
  model: 'contact' | 'company',
  values: Values,
): Promise<number> {
  const written = Object.entries(values).filter(([, value]) => value !== null && value !== '');
  const names = written.map(([name]) => name);
  if ((await findTakenNames(connection, workspaceId, names)).size === names.length) return 0;
  await lockAttributeNames(connection, workspaceId);
  const taken = await findTakenNames(connection, workspaceId, names);
  const missing = written.filter(([name]) => !taken.has(name));
  if (missing.length === 0) return 0;
  const left = limits.dataAttributesMax - (await countAttributes(connection, workspaceId));
  let created = 0;
  for (const [name, value] of missing.slice(0, Math.max(0, left))) {
    const attribute = await insertAttribute(connection, workspaceId, {
      model,
      name,
      dataType: dataTypeOf(value),
      options: [],
      description: null,
      messengerWritable: false,
      adminId: Number(actor.id),
    });
    // Another request created it meanwhile.
    if (attribute === null) continue;
    created += 1;
    const object = { type: 'data_attribute', id: String(attribute.id) } as const;
    const entry = { action: 'data_attribute.created', actor, object, relatedId: null } as const;
    const after = auditedAttribute(attribute);
    await addAuditEntry(connection, workspaceId, { ...entry, after });
  }
  return created;
}
