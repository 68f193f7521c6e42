// Creates the definition of a custom attribute. One name is used once for contacts and companies together.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  type AttributeModel,
  countAttributes,
  findModelsWithName,
  insertAttribute,
  lockAttributeNames,
  type NewAttribute,
  type StoredAttribute,
} from '../store/resources/data-attributes.ts';
import { auditedAttribute } from './audited-attribute.ts';
import { type CommandContext, runCommand } from './command.ts';

export const createDataAttribute = (
  context: CommandContext,
  attribute: NewAttribute,
): Promise<Result<StoredAttribute, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const { name, model } = attribute;
    await lockAttributeNames(connection, workspaceId);
    const models = await findModelsWithName(connection, workspaceId, name);
    const taken = models.find((one) => one !== 'conversation');
    if (taken !== undefined) return fail(nameTaken(name, taken, model));
    const created = await insertAttribute(connection, workspaceId, attribute);
    // Another request created it meanwhile.
    if (created === null) return fail(nameTaken(name, model, model));
    if ((await countAttributes(connection, workspaceId)) > limits.dataAttributesMax) {
      const message = `A workspace has at most ${limits.dataAttributesMax} data attributes`;
      return fail(apiError('parameterInvalid', 'name', message));
    }
    const object = { type: 'data_attribute', id: String(created.id) } as const;
    const entry = { action: 'data_attribute.created', actor, object, relatedId: null } as const;
    const after = auditedAttribute(created);
    await addAuditEntry(connection, workspaceId, { ...entry, after });
    return ok(created);
  });

const dataOf = (model: AttributeModel): string => (model === 'contact' ? 'people' : model);

const nameTaken = (name: string, taken: AttributeModel, wanted: AttributeModel): ContractError =>
  apiError(
    'parameterInvalid',
    'name',
    `You already have '${name}' in your ${dataOf(taken)} data. To save this as new ${dataOf(wanted)} data, ` +
      'use a different name.',
  );
