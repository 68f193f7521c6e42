// Applies a signal to a contact. Pure: takes the contact and the signal, returns the contact afterwards and its audit
// entries. Touches no conversation.

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { AuditEntry } from '../model/audit.ts';
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
  { tags, actor }: ContactSignal,
  nowMs: number,
): Result<ContactOutcome, ContractError> {
  const object = { type: 'contact', id: contact.id } as const;
  const { tagIds, audit, isTooMany } = changeTagIds(object, contact.tagIds, tags, actor);
  if (tagIds === contact.tagIds) return ok({ contact, audit });
  if (isTooMany) return fail(apiError('tooManyTags'));
  return ok({ contact: { ...contact, tagIds, updatedAt: nowMs }, audit });
}
