// A segment as the wire shows it (contract G 23).

import type { Segment } from '../model/built-in.ts';
import { seconds } from './seconds.ts';

/** Presents a segment. @param count null: not asked for. */
export const presentSegment = (
  { id, name, role }: Segment,
  workspaceCreatedAt: number,
  count: number | null = null,
): object => ({
  type: 'segment',
  id: String(id),
  name,
  created_at: seconds(workspaceCreatedAt),
  updated_at: seconds(workspaceCreatedAt),
  person_type: role === 'user' ? 'user' : 'contact',
  count,
});
