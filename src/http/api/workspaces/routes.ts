// The list of workspaces, which has that of the token.

import { listWorkspaces } from '../../../management/workspaces.ts';
import { operationRoute } from '../../server/operation-route.ts';
import type { ApiRoute } from '../../server/route.ts';
import { workspaceList } from './schema.ts';

export const workspaceRoutes: readonly ApiRoute[] = [
  operationRoute(listWorkspaces, {
    operationId: 'listWorkspaces',
    summary: 'List the workspaces of the token',
    description: 'A token belongs to one workspace, so the list has one.',
    response: workspaceList,
    responseExample: {
      type: 'list',
      data: [
        { type: 'workspace', id: '1', name: 'default', created_at: '2026-12-01T09:30:00.000Z' },
      ],
    },
    errors: [],
  }),
];
