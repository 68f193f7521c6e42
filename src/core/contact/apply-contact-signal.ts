// Applies a signal to a contact. Pure: takes the contact and the signal, returns the contact afterwards and its audit
// entries. Touches no conversation.

import { assertNever, fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { AuditAction, AuditEntry } from '../model/audit.ts';
import type { Contact, DataAttribute } from '../model/model.ts';
import { changeTagIds } from '../model/tag-ids.ts';
import { mergeIntoUser, withoutPerson } from './merge-contacts.ts';
import type { ContactSignal } from './signal.ts';
import { createContact, type Rivals, updateContact, type WrittenContact } from './write-contact.ts';

/** The state before a signal about a contact that its result depends on. */
export type ContactSnapshot = Rivals & {
  /** Null for a contact to be created. */
  readonly contact: Contact | null;
  /** The user that the contact is to be merged into. */
  readonly into: Contact | null;
};

export type ContactContext = {
  readonly definitions: readonly DataAttribute[];
  readonly signalNumber: number;
  readonly nowMs: number;
};

export type ContactOutcome = {
  /** The same object as before when nothing about the contact changes. */
  readonly contact: Contact;
  /** The user after a merge. */
  readonly into: Contact | null;
  /** How the contact ended; null: it still exists. */
  readonly end: 'merged' | 'deleted' | null;
  /** The user who got a new e-mail, which no other user may have. */
  readonly emailTaker: Contact | null;
  readonly audit: readonly AuditEntry[];
};

/** Applies a signal. */
export function applyContactSignal(
  snapshot: ContactSnapshot,
  signal: ContactSignal,
  context: ContactContext,
): Result<ContactOutcome, ContractError> {
  const { definitions, nowMs } = context;
  if (signal.kind === 'create_contact') {
    return written(createContact(signal.given, snapshot, definitions, context));
  }
  const { contact } = snapshot;
  if (contact === null) {
    return fail(apiError('contactNotFound', signal.kind === 'merge_contact' ? 'from' : null));
  }
  switch (signal.kind) {
    case 'contact_tags': {
      const object = { type: 'contact', id: contact.id } as const;
      const { tagIds, audit, isTooMany } = changeTagIds(
        object,
        contact.tagIds,
        signal.tags,
        signal.actor,
      );
      if (tagIds === contact.tagIds) return ok(unchanged(contact));
      if (isTooMany) return fail(apiError('tooManyTags'));
      return ok({ ...unchanged({ ...contact, tagIds, updatedAt: nowMs }), audit });
    }
    case 'update_contact':
      return written(updateContact(contact, signal.given, snapshot, definitions, nowMs));
    case 'merge_contact':
      return merge(contact, snapshot, signal, nowMs);
    case 'contact_subscription':
      return ok(unchanged(changeSubscription(contact, signal, nowMs)));
    case 'archive_contact':
      if (contact.archivedAt !== null) return ok(unchanged(contact));
      return ok(ended({ ...contact, archivedAt: nowMs, updatedAt: nowMs }, signal, 'archived'));
    case 'unarchive_contact':
      if (contact.blockedAt !== null) return fail(apiError('contactBlocked'));
      if (contact.archivedAt === null) return ok(unchanged(contact));
      return ok(ended({ ...contact, archivedAt: null, updatedAt: nowMs }, signal, 'unarchived'));
    case 'block_contact':
      if (contact.blockedAt !== null) return ok(unchanged(contact));
      return ok(ended({ ...contact, blockedAt: nowMs, updatedAt: nowMs }, signal, 'blocked'));
    case 'delete_contact': {
      // The external id is free for a new contact (contract row 19).
      const times = { signedUpAt: null, lastRepliedAt: null };
      const gone = { ...withoutPerson(contact, nowMs), ...times, externalId: null };
      return ok({ ...ended(gone, signal, 'deleted'), end: 'deleted' });
    }
    default:
      return assertNever(signal);
  }
}

/** The same contact when nothing changes. */
function changeSubscription(
  contact: Contact,
  { typeId, isAttached }: Extract<ContactSignal, { kind: 'contact_subscription' }>,
  nowMs: number,
): Contact {
  const before = contact.profile.subscriptionTypeIds ?? [];
  if (before.includes(typeId) === isAttached) return contact;
  const subscriptionTypeIds = isAttached
    ? [...before, typeId]
    : before.filter((one) => one !== typeId);
  return { ...contact, profile: { ...contact.profile, subscriptionTypeIds }, updatedAt: nowMs };
}

const unchanged = (contact: Contact): ContactOutcome => ({
  contact,
  into: null,
  end: null,
  emailTaker: null,
  audit: [],
});

const written = (
  result: Result<WrittenContact, ContractError>,
): Result<ContactOutcome, ContractError> => {
  if (!result.ok) return result;
  const { contact, hasNewEmail } = result.value;
  return ok({ ...unchanged(contact), emailTaker: hasNewEmail ? contact : null });
};

/** Adds the entry in the audit log to an outcome. */
const ended = (
  contact: Contact,
  { actor }: ContactSignal,
  done: 'archived' | 'unarchived' | 'blocked' | 'deleted',
): ContactOutcome => ({
  ...unchanged(contact),
  audit: [entryOf(`contact.${done}`, contact.id, actor)],
});

const entryOf = (
  action: AuditAction,
  id: string,
  actor: ContactSignal['actor'],
  relatedId: string | null = null,
): AuditEntry => ({ action, actor, object: { type: 'contact', id }, relatedId });

function merge(
  lead: Contact,
  { into, emailHolder }: ContactSnapshot,
  { actor }: ContactSignal,
  nowMs: number,
): Result<ContactOutcome, ContractError> {
  if (into === null) return fail(apiError('contactNotFound', 'into'));
  if (lead.role !== 'lead') {
    return fail(apiError('parameterInvalid', 'from', 'from must be a contact with the role lead'));
  }
  if (into.role !== 'user') {
    return fail(apiError('parameterInvalid', 'into', 'into must be a contact with the role user'));
  }
  if (lead.blockedAt !== null) return fail(apiError('contactBlocked', 'from'));
  if (into.blockedAt !== null) return fail(apiError('contactBlocked', 'into'));
  const mayTakeEmail = emailHolder === null || emailHolder.id === into.id;
  const user = mergeIntoUser(lead, into, mayTakeEmail, nowMs);
  return ok({
    contact: withoutPerson(lead, nowMs),
    into: user,
    end: 'merged',
    emailTaker: user.email === into.email ? null : user,
    audit: [entryOf('contact.merged', into.id, actor, lead.id)],
  });
}
