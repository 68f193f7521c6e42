// A tag as the wire shows it (contract D.3).

import type { AuditActor } from '../model/audit.ts';
import type { Tag } from '../model/model.ts';
import { seconds } from './seconds.ts';

/** Time and author of the adding of a tag to a contact or conversation. */
export type TagApplication = {
  readonly appliedAt: number;
  readonly actorType: AuditActor['type'];
  readonly actorId: string;
};

export const presentTag = ({ id, name }: Tag): object => ({ type: 'tag', id: String(id), name });

/** Presents a tag of a contact or conversation. Without an audit entry, `applied_at` and `applied_by` are null. */
export function presentAppliedTag(tag: Tag, application: TagApplication | undefined): object {
  const isByAdmin = application?.actorType === 'admin';
  return {
    ...presentTag(tag),
    applied_at: application === undefined ? null : seconds(application.appliedAt),
    applied_by: isByAdmin ? { type: 'admin', id: application.actorId } : null,
  };
}
