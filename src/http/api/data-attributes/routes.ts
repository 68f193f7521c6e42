// Data attributes: the definitions of custom attributes. List with filters, create, update, archive (contract D.3).

import { ok, type Result } from '../../../base/result.ts';
import { createDataAttribute } from '../../../commands/create-data-attribute.ts';
import { updateDataAttribute } from '../../../commands/update-data-attribute.ts';
import type { ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { presentDataAttribute } from '../../../core/presenters/data-attribute.ts';
import { listAttributes, type StoredAttribute } from '../../../store/resources/data-attributes.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { exampleDataAttribute } from './examples.ts';
import { readDetails, readFilter, readNewAttribute } from './read-attribute.ts';
import {
  type CreateDataAttributeBody,
  createDataAttributeBody,
  dataAttributeList,
  dataAttributeSchema,
  type UpdateDataAttributeBody,
  updateDataAttributeBody,
} from './schema.ts';

export const dataAttributeRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/data_attributes',
    operationId: 'listDataAttributes',
    summary: 'List the data attributes',
    description:
      'The custom attributes of contacts, companies and conversations, archived ones only on demand.',
    tag: 'Data attributes',
    parameters: [
      {
        name: 'model',
        in: 'query',
        description: '`contact`, `company` or `conversation`: only these.',
        example: 'contact',
      },
      {
        name: 'include_archived',
        in: 'query',
        description: '`true` for archived ones as well.',
        example: 'true',
      },
    ],
    response: dataAttributeList,
    responseExample: { type: 'list', data: [exampleDataAttribute] },
    errors: ['parameterInvalid'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const filter = readFilter(request.query);
      if (!filter.ok) return filter;
      const attributes = await readAs(dependencies.readPool, workspaceId, (connection) =>
        listAttributes(connection, workspaceId, filter.value),
      );
      return ok({ type: 'list', data: attributes.map(presentDataAttribute) });
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/data_attributes',
    operationId: 'createDataAttribute',
    summary: 'Create a data attribute',
    tag: 'Data attributes',
    body: createDataAttributeBody,
    bodyExample: {
      name: 'Plan',
      model: 'contact',
      data_type: 'options',
      options: [{ value: 'Free' }, { value: 'Gold' }],
    },
    response: dataAttributeSchema,
    responseExample: exampleDataAttribute,
    errors: [],
    handle: (call) =>
      change(call, async (context) => {
        const attribute = readNewAttribute(call.body as CreateDataAttributeBody);
        if (!attribute.ok) return attribute;
        const { adminId } = call.principal;
        return createDataAttribute(context, { ...attribute.value, adminId });
      }),
  },
  {
    access: 'token',
    scope: 'write',
    method: 'PUT',
    path: '/data_attributes/:id',
    operationId: 'updateDataAttribute',
    summary: 'Change or archive a data attribute',
    description:
      'Changes the given fields; without a body it changes nothing. Name, model and type stay as they are. Rejects ' +
      'archiving while a workflow uses the attribute.',
    tag: 'Data attributes',
    parameters: [
      { name: 'id', in: 'path', description: 'The id of the attribute.', example: '37' },
    ],
    body: updateDataAttributeBody,
    isBodyOptional: true,
    bodyExample: { description: 'What the customer pays for.' },
    response: dataAttributeSchema,
    responseExample: exampleDataAttribute,
    errors: ['dataAttributeNotFound', 'dataAttributeInUse'],
    handle: (call) =>
      change(call, async (context) => {
        const { id } = call.request.params as { id: string };
        const details = readDetails(call.body as UpdateDataAttributeBody);
        return details.ok ? updateDataAttribute(context, readId(id), details.value) : details;
      }),
  },
];

type Context = Parameters<typeof createDataAttribute>[0];

/** Runs a command; then this server forgets its cached setup. */
const change = (
  call: AuthenticatedCall,
  run: (context: Context) => Promise<Result<StoredAttribute, ContractError>>,
): Promise<Result<object, ContractError>> =>
  orUnavailable(call, REPEATABLE, async () => {
    const { workspaceId } = call.principal;
    const { setups } = call.dependencies;
    const changed = await run(commandContextOf(call));
    setups.drop(workspaceId);
    return changed.ok ? ok(presentDataAttribute(changed.value)) : changed;
  });
