// Changes the definition of a custom attribute: description, options, archived. Archiving is rejected while a workflow
// uses the attribute; name, model and type never change, since values of it are stored.

import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { changedValues } from '../core/model/audit.ts';
import { addAuditEntry } from '../store/resources/audit-log.ts';
import {
  type AttributeDetails,
  findWorkflowsWithAttribute,
  lockAttribute,
  type StoredAttribute,
  updateAttribute,
} from '../store/resources/data-attributes.ts';
import { auditedAttribute } from './audited-attribute.ts';
import { type CommandContext, runCommand } from './command.ts';

/** Updates the attribute. @param changes only the given details change. */
export const updateDataAttribute = (
  context: CommandContext,
  id: number,
  changes: Partial<AttributeDetails>,
): Promise<Result<StoredAttribute, ContractError>> =>
  runCommand(context, async (connection) => {
    const { workspaceId, actor } = context;
    const before = await lockAttribute(connection, workspaceId, id);
    if (before === null) return fail(apiError('dataAttributeNotFound'));
    const after = { ...before, ...changes };
    if (changes.options !== undefined && before.dataType !== 'options') {
      const message = `Only attributes of the type options have options: this one is ${before.dataType}`;
      return fail(apiError('parameterInvalid', 'options', message));
    }
    if (isSame(before, after)) return ok(before);
    if (after.isArchived && !before.isArchived && before.model !== 'company') {
      const workflows = await findWorkflowsWithAttribute(connection, workspaceId, before.name);
      if (workflows.length > 0) return fail(inUse(workflows));
    }
    const updated = await updateAttribute(connection, workspaceId, id, after);
    const object = { type: 'data_attribute', id: String(id) } as const;
    const action = actionOf(before, after);
    const change = changedValues(auditedAttribute(before), auditedAttribute(updated));
    const entry = { action, actor, object, relatedId: null, ...change } as const;
    await addAuditEntry(connection, workspaceId, entry);
    return ok(updated);
  });

const isSame = (before: AttributeDetails, after: AttributeDetails): boolean =>
  before.description === after.description &&
  before.messengerWritable === after.messengerWritable &&
  before.isArchived === after.isArchived &&
  before.options.length === after.options.length &&
  before.options.every((option, index) => option === after.options[index]);

const inUse = (workflows: readonly string[]): ContractError =>
  apiError(
    'dataAttributeInUse',
    'archived',
    `The Data Attribute you are trying to archive has a dependant object. Workflows: ${workflows.join(', ')}.`,
  );

function actionOf(before: AttributeDetails, after: AttributeDetails) {
  if (before.isArchived === after.isArchived) return 'data_attribute.updated';
  return after.isArchived ? 'data_attribute.archived' : 'data_attribute.unarchived';
}
