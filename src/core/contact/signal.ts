// Everything that can change a contact without a conversation, as a closed list. apply-contact-signal.ts says what each
// does.

import type { AuditActor } from '../model/audit.ts';
import type { TagChange } from '../model/tag-ids.ts';

/** Adds and removes tags that exist: whoever submits it has found them. */
export type ContactSignal = {
  readonly kind: 'contact_tags';
  readonly tags: TagChange;
  readonly actor: AuditActor;
};
