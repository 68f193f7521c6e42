// Returns the admin and the workspace of a token (contract D.3).

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { presentMe } from '../../../core/presenters/admin.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { currentWorkspace, findAdmin } from '../../../store/tenancy/workspaces.ts';
import type { ApiRoute } from '../../server/route.ts';
import { exampleMe } from './examples.ts';
import { meSchema } from './schema.ts';

export const meRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/me',
    operationId: 'identifyAdmin',
    summary: 'Get the admin and workspace of this token',
    tag: 'Admins',
    response: meSchema,
    responseExample: exampleMe,
    errors: ['resourceNotFound'],
    async handle({ principal, dependencies }) {
      const { workspaceId, adminId } = principal;
      const found = await readAs(dependencies.readPool, workspaceId, async (connection) => ({
        admin: await findAdmin(connection, workspaceId, adminId),
        workspace: await currentWorkspace(connection, workspaceId),
      }));
      if (found.admin === null || found.workspace === null)
        return fail(apiError('resourceNotFound'));
      const { teams } = await dependencies.setups.get(workspaceId);
      return ok(presentMe(found.admin, teams, found.workspace));
    },
  },
];
