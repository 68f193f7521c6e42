// The shape of a team on the wire (contract D.3). core/presenters/team.ts makes it.

import { Type } from 'typebox';

export const teamSchema = Type.Object(
  {
    type: Type.Literal('team'),
    id: Type.String(),
    name: Type.String(),
    admin_ids: Type.Array(Type.Integer()),
  },
  { title: 'Team' },
);

export const teamList = Type.Object(
  { type: Type.Literal('team.list'), teams: Type.Array(teamSchema) },
  { title: 'Team list' },
);
