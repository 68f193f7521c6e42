// Reads the teammates of a workspace (contract D.3), as the servers keep them in memory: a change shows within a
// second.

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { presentAdmin } from '../../../core/presenters/admin.ts';
import { inOrder } from '../../../core/presenters/in-order.ts';
import { readId } from '../../server/read-id.ts';
import type { ApiRoute } from '../../server/route.ts';
import { exampleAdmin } from './examples.ts';
import { adminList, adminSchema } from './schema.ts';

export const adminRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    method: 'GET',
    path: '/admins',
    operationId: 'listAdmins',
    summary: 'List the teammates',
    tag: 'Admins',
    response: adminList,
    responseExample: { type: 'admin.list', admins: [exampleAdmin] },
    errors: [],
    async handle({ principal, dependencies }) {
      const setup = await dependencies.setups.get(principal.workspaceId);
      const admins = inOrder(setup.admins).map((admin) => presentAdmin(admin, setup.teams));
      return ok({ type: 'admin.list', admins });
    },
  },
  {
    access: 'token',
    method: 'GET',
    path: '/admins/:id',
    operationId: 'retrieveAdmin',
    summary: 'Get a teammate',
    tag: 'Admins',
    parameters: [{ name: 'id', in: 'path', description: 'The id of the teammate.', example: '1' }],
    response: adminSchema,
    responseExample: exampleAdmin,
    errors: ['adminNotFound'],
    async handle({ request, principal, dependencies }) {
      const { id } = request.params as { id: string };
      const setup = await dependencies.setups.get(principal.workspaceId);
      const admin = setup.admins.get(readId(id));
      return admin === undefined
        ? fail(apiError('adminNotFound'))
        : ok(presentAdmin(admin, setup.teams));
    },
  },
];
