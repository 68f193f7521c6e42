// Applies a signal to a contact. Pure: takes the contact and the signal, returns the contact afterwards and its audit
// entries. Touches no conversation.

import { limits } from '../../base/limits.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { AuditAction, AuditEntry } from '../model/audit.ts';
import type { Contact } from '../model/model.ts';
import { changeTagIds } from '../model/tag-ids.ts';
import type { ContactSignal } from './signal.ts';

export type ContactOutcome = {
  /** The same object as before when nothing about the contact changes. */
  readonly contact: Contact;
  readonly audit: readonly AuditEntry[];
};

/** Applies a signal to a known contact. */
export function applyContactSignal(
  contact: Contact,
  signal: ContactSignal,
  nowMs: number,
): Result<ContactOutcome, ContractError> {
  const { tagIds, added, removed } = changeTagIds(contact.tagIds, signal.tags);
  if (tagIds === contact.tagIds) return ok({ contact, audit: [] });
  if (added.length > 0 && tagIds.length > limits.tagsPerObjectMax) {
    return fail(apiError('tooManyTags'));
  }
  const { actor } = signal;
  const object = { type: 'contact', id: contact.id } as const;
  const entryOf = (action: AuditAction) => (id: number) => ({
    action,
    actor,
    object,
    relatedId: String(id),
  });
  return ok({
    contact: { ...contact, tagIds, updatedAt: nowMs },
    audit: [...added.map(entryOf('contact.tagged')), ...removed.map(entryOf('contact.untagged'))],
  });
}
