// Finds, creates, updates, promotes or restores the contact of an event (contract rows 10 to 19).
// Identity is external_id and nothing else; an e-mail may be shared.

import { fail, ok, type Result } from '../../base/result.ts';
import type { ChannelEvent } from '../../contract/channel-events.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { contactId } from '../conversation/ids.ts';
import type { TransitionContext } from '../conversation/transition-context.ts';
import type { Contact } from '../model/model.ts';

const CONTACT_EFFECT = 0;

/** Returns the contact after the event: the same object as in the snapshot when nothing changes. */
export function resolveContact(
  contact: Contact | null,
  event: ChannelEvent,
  context: TransitionContext,
): Result<Contact, ContractError> {
  if (contact === null) return createContact(event.contact, context);
  if (contact.blockedAt !== null) return fail(apiError('contactBlocked', 'contact.external_id'));
  return updateContact(contact, event.contact, context);
}

function createContact(
  given: ChannelEvent['contact'],
  { channel, signalNumber, nowMs }: TransitionContext,
): Result<Contact, ContractError> {
  const isUser = given.type === 'user';
  const isNameless = given.name === null || given.email === null;
  if (isUser && channel.requireUserIdentity && isNameless) {
    const missing = given.name === null ? 'contact.name' : 'contact.email';
    return fail(apiError('contactNotCreatable', missing));
  }
  return ok({
    id: contactId(signalNumber, CONTACT_EFFECT, nowMs),
    role: given.type,
    externalId: given.externalId,
    name: given.name,
    email: given.email,
    phone: null,
    profile: {},
    tagIds: [],
    customAttributes: {},
    signedUpAt: isUser ? nowMs : null,
    lastRepliedAt: null,
    archivedAt: null,
    blockedAt: null,
    createdAt: nowMs,
    updatedAt: nowMs,
  });
}

function updateContact(
  contact: Contact,
  given: ChannelEvent['contact'],
  { channel, nowMs }: TransitionContext,
): Result<Contact, ContractError> {
  const name = given.name ?? contact.name;
  const email = given.email ?? contact.email;
  // Promotion only, never demotion (rows 15 and 16).
  const isPromoted = contact.role === 'lead' && given.type === 'user';
  if (isPromoted && channel.requireUserIdentity && (name === null || email === null)) {
    const missing = name === null ? 'contact.name' : 'contact.email';
    return fail(apiError('contactNotCreatable', missing));
  }
  const isUnchanged =
    name === contact.name && email === contact.email && !isPromoted && contact.archivedAt === null;
  if (isUnchanged) return ok(contact);
  return ok({
    ...contact,
    role: isPromoted ? 'user' : contact.role,
    signedUpAt: isPromoted ? nowMs : contact.signedUpAt,
    name,
    email,
    archivedAt: null,
    updatedAt: nowMs,
  });
}
