// Schemas of a teammate and of the activity log (contract D.3).

import { type Static, Type } from 'typebox';
import { nullable, timestamp } from '../../../contract/schema-pieces.ts';
import { pagesSchema } from '../../server/search-schema.ts';

const adminFields = {
  type: Type.Literal('admin'),
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  job_title: Type.String(),
  away_mode_enabled: Type.Boolean(),
  away_mode_reassign: Type.Boolean(),
  away_status_reason_id: nullable('integer'),
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

export const awayBody = Type.Object(
  {
    away_mode_enabled: Type.Boolean({ description: 'Whether the teammate is away.' }),
    away_mode_reassign: Type.Boolean({
      description: 'Whether replies to the teammate go to the inbox. Parley only stores it.',
    }),
    away_status_reason_id: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Stored unchanged.',
      }),
    ),
  },
  { title: 'Away mode' },
);
export type AwayBody = Static<typeof awayBody>;

const activity = Type.Object(
  {
    id: Type.String(),
    performed_by: Type.Object({
      type: Type.Literal('admin'),
      id: Type.String(),
      email: nullable('string'),
      ip: nullable('string'),
    }),
    metadata: Type.Record(Type.String(), Type.Unknown()),
    created_at: timestamp(),
    activity_type: Type.String({
      description:
        'A published type such as admin_away_mode_change, or one of Parley such as tag_created.',
    }),
    activity_description: Type.String(),
  },
  { title: 'Activity' },
);

export const activityList = Type.Object(
  {
    type: Type.Literal('activity_log.list'),
    activity_logs: Type.Array(activity),
    pages: pagesSchema,
  },
  { title: 'Activity list' },
);
