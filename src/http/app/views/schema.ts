// What the shell of the web app needs, in one response.

import { type Static, Type } from 'typebox';
import { nullable } from '../../../contract/schema-pieces.ts';
import { role } from '../accounts/schema.ts';

const named = Type.Object({ id: Type.String(), name: Type.String() });

export const views = Type.Object({
  workspace: named,
  me: Type.Object({ id: Type.String(), name: Type.String(), email: Type.String(), role }),
  /** `mine`, `unassigned`, `all`, `snoozed`, `closed`, `team-7`, `channel-1`, `tag-3`. */
  views: Type.Array(
    Type.Object({
      id: Type.String(),
      /** Exact; null where it is not counted. */
      count: nullable('integer'),
    }),
  ),
  people: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      email: Type.String(),
      is_away: Type.Boolean(),
    }),
  ),
  teams: Type.Array(
    Type.Object({ id: Type.String(), name: Type.String(), member_ids: Type.Array(Type.String()) }),
  ),
  channels: Type.Array(named),
  tags: Type.Array(named),
});
export type Views = Static<typeof views>;
