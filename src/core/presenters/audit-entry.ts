// An entry of the audit log as the API and the command line show it.

import type { Json } from '../model/model.ts';

/** An entry as it is stored, with the name of its token. */
export type StoredAuditEntry = {
  readonly id: number;
  readonly createdAt: number;
  readonly actorType: string;
  readonly actorId: string | null;
  readonly tokenId: number | null;
  readonly tokenName: string | null;
  readonly source: string | null;
  readonly action: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly relatedId: string | null;
  readonly before: Json;
  readonly after: Json;
  readonly details: Json;
};

export type PresentedAuditEntry = ReturnType<typeof presentAuditEntry>;

export const presentAuditEntry = (entry: StoredAuditEntry) => ({
  type: 'audit_entry',
  id: String(entry.id),
  created_at: new Date(entry.createdAt).toISOString(),
  actor: {
    type: entry.actorType,
    id: entry.actorId,
    token: entry.tokenId === null ? null : { id: String(entry.tokenId), name: entry.tokenName },
  },
  source: entry.source,
  action: entry.action,
  object: { type: entry.objectType, id: entry.objectId },
  related_id: entry.relatedId,
  before: entry.before,
  after: entry.after,
  details: entry.details,
});
