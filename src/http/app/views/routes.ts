// The views of the inbox with their counts, and the names of people, teams, channels and tags.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { findAccount } from '../../../store/accounts/credentials.ts';
import type { InboxCounts, OpenCount } from '../../../store/inbox/counts.ts';
import type { AuthenticatedCall, SessionRoute } from '../../server/route.ts';
import { type Views, views } from './schema.ts';

export const viewRoutes: readonly SessionRoute[] = [
  {
    access: 'session',
    role: 'viewer',
    method: 'GET',
    path: '/parley/v1/app/views',
    summary: 'Show the views with their counts, and who and what they are about',
    response: views,
    handle: showViews,
  },
];

async function showViews(call: AuthenticatedCall): Promise<Result<Views, ContractError>> {
  const { principal, dependencies } = call;
  const { workspaceId, adminId } = principal;
  const account = await findAccount(dependencies.accounts.pool, workspaceId, adminId);
  if (account === null) return fail(apiError('signInNeeded'));
  const setup = await dependencies.setups.get(workspaceId);
  const counts = await dependencies.inboxCounts.get(workspaceId);
  const { workspace, name, email, role } = account;
  const [people, teams] = [[...setup.admins.values()], [...setup.teams.values()]];
  const [channels, tags] = [[...setup.channels.values()], [...setup.tags.values()]];
  return ok({
    workspace: { id: String(workspaceId), name: workspace },
    me: { id: String(adminId), name, email, role },
    views: [
      ...countedViews(counts, adminId),
      ...teams.map(({ id }) => ({
        id: `team-${id}`,
        count: sumOf(counts, ({ teamId }) => teamId === id),
      })),
      ...channels.map(({ id }) => ({
        id: `channel-${id}`,
        count: sumOf(counts, ({ channelId }) => channelId === id),
      })),
      ...tags.map(({ id }) => ({ id: `tag-${id}`, count: null })),
    ],
    people: people.map((one) => ({
      id: String(one.id),
      name: one.name,
      email: one.email,
      is_away: one.awayModeEnabled,
    })),
    teams: teams.map((one) => ({
      id: String(one.id),
      name: one.name,
      member_ids: one.adminIds.map(String),
    })),
    channels: channels.map(presentNamed),
    tags: tags.map(presentNamed),
  });
}

const presentNamed = ({ id, name }: { readonly id: number; readonly name: string }) => ({
  id: String(id),
  name,
});

const countedViews = (counts: InboxCounts, me: number): Views['views'] => [
  { id: 'mine', count: sumOf(counts, ({ adminId }) => adminId === me) },
  {
    id: 'unassigned',
    count: sumOf(counts, ({ adminId, teamId }) => adminId === null && teamId === null),
  },
  { id: 'all', count: sumOf(counts, () => true) },
  { id: 'snoozed', count: counts.snoozed },
  { id: 'closed', count: null },
];

const sumOf = ({ open }: InboxCounts, isIn: (one: OpenCount) => boolean): number =>
  open.reduce((sum, one) => sum + (isIn(one) ? one.count : 0), 0);
