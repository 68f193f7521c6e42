// The tags of a contact or conversation: a list of ids, each once, in the order in which they were added. A change
// comes with its audit entries.

import { limits } from '../../base/limits.ts';
import type { AuditAction, AuditActor, AuditEntry } from './audit.ts';

export type TagChange = { readonly add: readonly number[]; readonly remove: readonly number[] };

export type TagOutcome = {
  /** The same list as before when nothing changes. */
  readonly tagIds: readonly number[];
  readonly audit: readonly AuditEntry[];
  /** Whether tags were added beyond the limit. */
  readonly isTooMany: boolean;
};

/** Adds and removes tags of a contact or conversation. */
export function changeTagIds(
  object: { readonly type: 'contact' | 'conversation'; readonly id: string },
  before: readonly number[],
  { add, remove }: TagChange,
  actor: AuditActor,
): TagOutcome {
  const tagIds = [...new Set([...before, ...add])].filter((id) => !remove.includes(id));
  const added = tagIds.filter((id) => !before.includes(id));
  const removed = before.filter((id) => !tagIds.includes(id));
  if (added.length + removed.length === 0) return { tagIds: before, audit: [], isTooMany: false };
  const entryOf = (action: AuditAction) => (id: number) => ({
    action,
    actor,
    object,
    relatedId: String(id),
  });
  return {
    tagIds,
    audit: [
      ...added.map(entryOf(`${object.type}.tagged`)),
      ...removed.map(entryOf(`${object.type}.untagged`)),
    ],
    isTooMany: added.length > 0 && tagIds.length > limits.tagsPerObjectMax,
  };
}
