// An entry of the audit log: who did what to which object. Types only; it is written together with the change.

import type { Json } from './model.ts';

export type AuditActor =
  | { readonly type: 'admin'; readonly id: string }
  | { readonly type: 'workflow'; readonly id: string };

export type AuditAction =
  | 'tag.created'
  | 'tag.renamed'
  | 'tag.deleted'
  | 'data_attribute.created'
  | 'data_attribute.updated'
  | 'data_attribute.archived'
  | 'data_attribute.unarchived'
  | 'admin.away_mode_changed'
  | 'company.created'
  | 'company.updated'
  | 'company.deleted'
  | 'company.tagged'
  | 'company.untagged'
  | 'contact.tagged'
  | 'contact.untagged'
  | 'contact.merged'
  | 'contact.archived'
  | 'contact.unarchived'
  | 'contact.blocked'
  | 'contact.deleted'
  | 'contact.company_attached'
  | 'contact.company_detached'
  | 'note.created'
  | 'conversation.tagged'
  | 'conversation.untagged'
  | 'conversation.contact_attached'
  | 'conversation.contact_detached'
  | 'conversation.part_redacted'
  | 'conversation.deleted';

type AuditObject =
  | 'tag'
  | 'company'
  | 'admin'
  | 'contact'
  | 'conversation'
  | 'data_attribute'
  | 'note';

export type AuditEntry = {
  readonly action: AuditAction;
  readonly actor: AuditActor;
  readonly object: { readonly type: AuditObject; readonly id: string };
  /** The other object of the entry, such as the tag that a contact got; null: none. */
  readonly relatedId: string | null;
  /** Further details, by their published names where there are any. */
  readonly details?: { readonly [name: string]: Json };
};
