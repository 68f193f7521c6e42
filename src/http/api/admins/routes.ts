// Reads the teammates of a workspace (contract D.3), as the servers keep them in memory: a change shows within a
// second.

import { fail, ok, type Result } from '../../../base/result.ts';
import { setAwayMode } from '../../../commands/set-away-mode.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { presentAdmin } from '../../../core/presenters/admin.ts';
import { inOrder } from '../../../core/presenters/in-order.ts';
import { findAddressesOfAdmin } from '../../../store/resources/conversation-address.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { changeAll } from '../../server/change-all.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { exampleAdmin } from './examples.ts';
import { type AwayBody, adminList, adminSchema, awayBody } from './schema.ts';

const idParameter = {
  name: 'id',
  in: 'path',
  description: 'The id of the teammate.',
  example: '1',
} as const;

export const adminRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
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
    scope: 'read',
    method: 'GET',
    path: '/admins/:id',
    operationId: 'retrieveAdmin',
    summary: 'Get a teammate',
    tag: 'Admins',
    parameters: [idParameter],
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
  {
    access: 'token',
    scope: 'write',
    method: 'PUT',
    path: '/admins/:id/away',
    operationId: 'setAwayAdmin',
    summary: 'Set whether a teammate is away',
    description:
      'With `away_mode_reassign`, the open and snoozed conversations of the teammate are taken from them; a team ' +
      'keeps its own. So are others, when the contact writes while the teammate is away.',
    tag: 'Admins',
    parameters: [idParameter],
    body: awayBody,
    bodyExample: { away_mode_enabled: true, away_mode_reassign: false },
    response: adminSchema,
    responseExample: exampleAdmin,
    errors: ['adminNotFound'],
    handle: (call) =>
      orUnavailable(call, REPEATABLE, async () => {
        const { workspaceId } = call.principal;
        const { setups } = call.dependencies;
        const { id } = call.request.params as { id: string };
        const body = call.body as AwayBody;
        const set = await setAwayMode(commandContextOf(call), readId(id), {
          isEnabled: body.away_mode_enabled,
          isReassigned: body.away_mode_reassign,
          statusReasonId: body.away_status_reason_id ?? null,
        });
        if (!set.ok) return set;
        setups.drop(workspaceId);
        if (body.away_mode_enabled && body.away_mode_reassign) {
          const givenBack = await giveBackAll(call, readId(id));
          if (!givenBack.ok) return givenBack;
        }
        const { admins, teams } = await setups.get(workspaceId);
        return ok(presentAdmin(admins.get(readId(id))!, teams));
      }),
  },
];

/** Takes the conversations from a teammate who is away. A repeat completes what a server left that died. */
async function giveBackAll(
  call: AuthenticatedCall,
  adminId: number,
): Promise<Result<null, ContractError>> {
  const { workspaceId } = call.principal;
  const addresses = await readAs(call.dependencies.readPool, workspaceId, (connection) =>
    findAddressesOfAdmin(connection, workspaceId, adminId),
  );
  return changeAll(call, addresses, (conversationId) => ({
    kind: 'give_back',
    conversationId,
    adminId,
  }));
}
