// Everything that can change a contact without a conversation, as a closed list. apply-contact-signal.ts says what each
// does.

import type { AuditActor } from '../model/audit.ts';
import type { TagChange } from '../model/tag-ids.ts';

/** Adds and removes tags. The submitter has checked that they exist. */
export type ContactSignal = {
  readonly kind: 'contact_tags';
  readonly tags: TagChange;
  readonly actor: AuditActor;
};
