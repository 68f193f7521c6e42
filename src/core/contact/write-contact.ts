// Creates and updates contacts for callers of the REST API (contract D.1): determines which fields change, and whether
// another contact has the same external id or e-mail.

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { contactId } from '../conversation/ids.ts';
import { checkAttributeLimits } from '../model/attribute-limits.ts';
import { fitAttributes } from '../model/attribute-value.ts';
import type { Contact, ContactProfile, DataAttribute, Json } from '../model/model.ts';
import type { GivenContact } from './signal.ts';

/** A user who has an e-mail already. */
export type EmailHolder = { readonly id: string; readonly isArchived: boolean };

/** Contacts that conflict with the given fields. */
export type Rivals = {
  /** The contact that has the given external id. */
  readonly namesake: Contact | null;
  /** A user who has the given e-mail. */
  readonly emailHolder: EmailHolder | null;
};

/** The contact after the write, and whether it is a user who got a new e-mail. */
export type WrittenContact = { readonly contact: Contact; readonly hasNewEmail: boolean };

const CONTACT_EFFECT = 0;

/** Creates a contact. Without a role it is a user. */
export function createContact(
  given: GivenContact,
  rivals: Rivals,
  definitions: readonly DataAttribute[],
  { signalNumber, nowMs }: { readonly signalNumber: number; readonly nowMs: number },
): Result<WrittenContact, ContractError> {
  const empty: Contact = {
    id: contactId(signalNumber, CONTACT_EFFECT, nowMs),
    role: given.role ?? 'user',
    externalId: null,
    name: null,
    email: null,
    phone: null,
    profile: {},
    tagIds: [],
    customAttributes: {},
    signedUpAt: null,
    lastRepliedAt: null,
    archivedAt: null,
    blockedAt: null,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
  return write(empty, given, rivals, definitions, nowMs);
}

/** Updates a contact. A lead may become a user, never the other way round (contract rows 15 and 16). */
export function updateContact(
  contact: Contact,
  given: GivenContact,
  rivals: Rivals,
  definitions: readonly DataAttribute[],
  nowMs: number,
): Result<WrittenContact, ContractError> {
  const isPromoted = contact.role === 'lead' && given.role === 'user';
  const base: Contact = isPromoted
    ? { ...contact, role: 'user', signedUpAt: contact.signedUpAt ?? nowMs }
    : contact;
  return write(base, given, rivals, definitions, nowMs, contact);
}

/** Writes the given fields. @param before the contact as it was; null for a new one. */
function write(
  base: Contact,
  given: GivenContact,
  { namesake, emailHolder }: Rivals,
  definitions: readonly DataAttribute[],
  nowMs: number,
  before: Contact | null = null,
): Result<WrittenContact, ContractError> {
  const attributes = writeAttributes(base.customAttributes, given.customAttributes, definitions);
  if (!attributes.ok) return attributes;
  const contact: Contact = {
    ...base,
    externalId: given.externalId ?? base.externalId,
    name: chosen(given.name, base.name),
    email: chosen(given.email, base.email),
    phone: chosen(given.phone, base.phone),
    signedUpAt: chosen(given.signedUpAt, base.signedUpAt),
    profile: writeProfile(base.profile, given.profile),
    customAttributes: attributes.value,
    updatedAt: nowMs,
  };
  // A lead that was merged into the contact keeps its external id, which leads to the contact.
  if (
    namesake !== null &&
    (namesake.id !== contact.id || namesake.externalId !== given.externalId)
  ) {
    return fail(conflictWith({ id: namesake.id, isArchived: namesake.archivedAt !== null }));
  }
  const hasNewEmail = contact.role === 'user' && isNewEmail(contact, before);
  if (hasNewEmail && emailHolder !== null && emailHolder.id !== contact.id) {
    return fail(conflictWith(emailHolder));
  }
  return ok({ contact, hasNewEmail });
}

/** Whether the user has an e-mail that it did not have as a user before. */
function isNewEmail({ email }: Contact, before: Contact | null): boolean {
  if (email === null) return false;
  const old = before?.role === 'user' ? before.email : null;
  return old === null || emailKey(old) !== emailKey(email);
}

/** Converts an e-mail for comparison with others (contract row 18). */
export const emailKey = (email: string): string => email.toLowerCase();

/** The vendor's wording, from which clients read the id. */
function conflictWith({ id, isArchived }: EmailHolder): ContractError {
  const what = isArchived ? 'An archived contact' : 'A contact';
  return apiError(
    'contactConflict',
    null,
    `${what} matching those details already exists with id=${id}`,
  );
}

const chosen = <Value>(given: Value | undefined, present: Value): Value =>
  given === undefined ? present : given;

function writeProfile(present: ContactProfile, given: GivenContact['profile']): ContactProfile {
  const entries = Object.entries({ ...present, ...given });
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined));
}

/** Merges the given attributes into the current ones; each value must fit its definition, if there is one. */
function writeAttributes(
  present: { readonly [name: string]: Json },
  given: { readonly [name: string]: Json },
  definitions: readonly DataAttribute[],
): Result<{ readonly [name: string]: Json }, ContractError> {
  if (Object.keys(given).length === 0) return ok(present);
  const ofContacts = definitions.filter(({ model }) => model === 'contact');
  const fitted = fitAttributes(given, ofContacts);
  if (!fitted.ok) return fitted;
  const merged = Object.entries({ ...present, ...fitted.value });
  const written = Object.fromEntries(merged.filter(([, value]) => value !== null));
  const checked = checkAttributeLimits(present, written);
  return checked.ok ? ok(written) : checked;
}
