// An entry of the activity log as the wire shows it (contract D.3).

import type { Activity } from '../model/activity.ts';
import type { Admin } from '../model/model.ts';
import { seconds } from './seconds.ts';

/** The published types of activities; the others are named after Parley's audit actions, such as tag_created. */
const publishedTypes: Readonly<Record<string, string>> = {
  'admin.away_mode_changed': 'admin_away_mode_change',
};

/** Presents an activity. @param admins all teammates of the workspace. */
export function presentActivity(
  activity: Activity,
  admins: ReadonlyMap<number, Pick<Admin, 'name' | 'email'>>,
): object {
  const { id, adminId, action, createdAt, details } = activity;
  const admin = admins.get(Number(adminId));
  return {
    id: String(id),
    performed_by: { type: 'admin', id: adminId, email: admin?.email ?? null, ip: null },
    metadata: details ?? {},
    created_at: seconds(createdAt),
    activity_type: publishedTypes[action] ?? action.replaceAll('.', '_'),
    activity_description: `${admin?.name ?? 'A teammate'} ${describe(activity, admins)}.`,
  };
}

function describe(
  { action, objectType, objectId, details }: Activity,
  admins: ReadonlyMap<number, Pick<Admin, 'name'>>,
): string {
  if (action === 'admin.away_mode_changed') {
    const whose = admins.get(Number(objectId))?.name ?? `the teammate ${objectId}`;
    return `turned away mode ${details?.away_mode === true ? 'on' : 'off'} for ${whose}`;
  }
  const done = action.split('.').at(-1)!.replaceAll('_', ' ');
  return `${done} the ${objectType.replaceAll('_', ' ')} ${objectId}`;
}
