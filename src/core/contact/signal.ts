// The closed list of signals that change a contact without a conversation. apply-contact-signal.ts applies them.

import type { AuditActor } from '../model/audit.ts';
import type { TagChange } from '../model/tag-ids.ts';

/** Adds and removes tags. The submitter has checked that they exist. */
export type ContactSignal = {
  readonly kind: 'contact_tags';
  readonly tags: TagChange;
  readonly actor: AuditActor;
};
