// An admin as the wire shows it (contract D.3).

import type { Admin, Team, Workspace } from '../model/model.ts';
import { inOrder } from './in-order.ts';
import { seconds } from './seconds.ts';

/** Presents an admin. @param teams all teams of the workspace; the admin's own are listed. */
export function presentAdmin(admin: Admin, teams: ReadonlyMap<number, Team>): object {
  return {
    type: 'admin',
    id: String(admin.id),
    name: admin.name,
    email: admin.email,
    job_title: admin.jobTitle ?? '',
    away_mode_enabled: admin.awayModeEnabled,
    away_mode_reassign: admin.awayModeReassign,
    away_status_reason_id: admin.awayStatusReasonId,
    has_inbox_seat: admin.hasInboxSeat,
    team_ids: inOrder(teams).flatMap(({ id, adminIds }) =>
      adminIds.includes(admin.id) ? [id] : [],
    ),
    avatar: null,
    team_priority_level: null,
  };
}

/** The admin with the workspace, as GET /me shows them. */
export function presentMe(
  admin: Admin,
  teams: ReadonlyMap<number, Team>,
  workspace: Workspace,
): object {
  return {
    ...presentAdmin(admin, teams),
    avatar: { type: 'avatar', image_url: null },
    email_verified: true,
    app: {
      type: 'app',
      id_code: String(workspace.id),
      name: workspace.name,
      region: 'self-hosted',
      timezone: 'UTC',
      created_at: seconds(workspace.createdAt),
      identity_verification: false,
      secure: true,
    },
  };
}
