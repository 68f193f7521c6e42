// Reads the teammates of a workspace (contract D.3), as the servers keep them in memory: a change shows within a
// second.

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { adminAnswer, adminList } from '../../../contract/resources.ts';
import type { WorkspaceSetup } from '../../../core/conversation/transition-context.ts';
import type { Admin } from '../../../core/model/model.ts';
import { presentAdmin } from '../../../core/presenters/admin.ts';
import type { ApiRoute } from '../../server/route.ts';
import { idOf } from '../conversations/action-reader.ts';

const exampleAdmin = {
  type: 'admin',
  id: '1',
  name: 'Admin',
  email: 'admin@default.invalid',
  has_inbox_seat: true,
  team_ids: [3],
};

export const adminRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    method: 'GET',
    path: '/admins',
    operationId: 'listAdmins',
    summary: 'List the teammates',
    tag: 'Admins',
    answer: adminList,
    answerExample: { type: 'admin.list', admins: [exampleAdmin] },
    refusals: [],
    async handle({ principal, dependencies }) {
      const setup = await dependencies.setups.get(principal.workspaceId);
      const admins = inOrder(setup.admins).map((admin) => presentWithTeams(admin, setup));
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
    answer: adminAnswer,
    answerExample: exampleAdmin,
    refusals: ['adminNotFound'],
    async handle({ request, principal, dependencies }) {
      const { id } = request.params as { id: string };
      const setup = await dependencies.setups.get(principal.workspaceId);
      const admin = setup.admins.get(idOf(id));
      return admin === undefined
        ? fail(apiError('adminNotFound'))
        : ok(presentWithTeams(admin, setup));
    },
  },
];

const presentWithTeams = (admin: Admin, setup: WorkspaceSetup): object => ({
  ...presentAdmin(admin),
  team_ids: teamIdsOf(admin.id, setup),
});

/** The teams that a teammate is in. */
export const teamIdsOf = (adminId: number, { teams }: WorkspaceSetup): number[] =>
  inOrder(teams).flatMap(({ id, adminIds }) => (adminIds.includes(adminId) ? [id] : []));

/** By id: the order in which they were made. */
export const inOrder = <Row extends { readonly id: number }>(
  rows: ReadonlyMap<number, Row>,
): Row[] => [...rows.values()].sort((a, b) => a.id - b.id);
