// Reads the teams of a workspace (contract D.3), as the servers keep them in memory: a change shows within a second.

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { inOrder } from '../../../core/presenters/in-order.ts';
import { presentTeam } from '../../../core/presenters/team.ts';
import type { ApiRoute } from '../../server/route.ts';
import { teamList, teamSchema } from './schema.ts';

const exampleTeam = { type: 'team', id: '3', name: 'Orders', admin_ids: [1] };

export const teamRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/teams',
    operationId: 'listTeams',
    summary: 'List the teams',
    tag: 'Admins',
    response: teamList,
    responseExample: { type: 'team.list', teams: [exampleTeam] },
    errors: [],
    async handle({ principal, dependencies }) {
      const { teams } = await dependencies.setups.get(principal.workspaceId);
      return ok({ type: 'team.list', teams: inOrder(teams).map(presentTeam) });
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/teams/:id',
    operationId: 'retrieveTeam',
    summary: 'Get a team',
    tag: 'Admins',
    parameters: [{ name: 'id', in: 'path', description: 'The id of the team.', example: '3' }],
    response: teamSchema,
    responseExample: exampleTeam,
    errors: ['teamNotFound'],
    async handle({ request, principal, dependencies }) {
      const { id } = request.params as { id: string };
      const { teams } = await dependencies.setups.get(principal.workspaceId);
      const team = teams.get(readId(id));
      return team === undefined ? fail(apiError('teamNotFound')) : ok(presentTeam(team));
    },
  },
];
