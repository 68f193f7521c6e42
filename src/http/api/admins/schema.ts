// The shapes of a teammate on the wire (contract D.3). core/presenters/admin.ts makes them.

import { Type } from 'typebox';
import { timestamp } from '../../../contract/schema-pieces.ts';

const adminFields = {
  type: Type.Literal('admin'),
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  job_title: Type.String(),
  away_mode_enabled: Type.Boolean(),
  away_mode_reassign: Type.Boolean(),
  has_inbox_seat: Type.Boolean(),
  team_ids: Type.Array(Type.Integer(), { description: 'The teams that the teammate is in.' }),
};

export const adminSchema = Type.Object(adminFields, { title: 'Admin' });

export const adminList = Type.Object(
  { type: Type.Literal('admin.list'), admins: Type.Array(adminSchema) },
  { title: 'Admin list' },
);

export const meSchema = Type.Object(
  {
    type: Type.Literal('admin'),
    id: Type.String(),
    name: Type.String(),
    email: Type.String(),
    email_verified: Type.Boolean(),
    has_inbox_seat: Type.Boolean(),
    team_ids: Type.Array(Type.Integer()),
    app: Type.Object({
      type: Type.Literal('app'),
      id_code: Type.String({ description: 'The workspace.' }),
      name: Type.String(),
      created_at: timestamp(),
    }),
  },
  { title: 'Admin with app' },
);
