// A team as the wire shows it (contract D.3).

import type { Team } from '../model/model.ts';

export const presentTeam = ({ id, name, adminIds }: Team): object => ({
  type: 'team',
  id: String(id),
  name,
  admin_ids: adminIds,
  admin_priority_level: { primary_admin_ids: [], secondary_admin_ids: [] },
  assignment_limit: null,
  distribution_method: null,
});
