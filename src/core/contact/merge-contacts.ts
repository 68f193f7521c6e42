// Merges a lead into a user (contract D.1): the user keeps what it has and gets what only the lead had. Pure.

import { limits } from '../../base/limits.ts';
import { excessOfAttributes } from '../model/attribute-limits.ts';
import type { Contact, ContactProfile } from '../model/model.ts';

/**
 * Returns the user afterwards.
 * @param mayTakeEmail whether no other user has the lead's e-mail.
 */
export function mergeIntoUser(
  lead: Contact,
  user: Contact,
  mayTakeEmail: boolean,
  nowMs: number,
): Contact {
  const attributes = { ...lead.customAttributes, ...user.customAttributes };
  const isTooMuch = excessOfAttributes(user.customAttributes, attributes) !== null;
  const times = [lead.lastRepliedAt, user.lastRepliedAt].filter((time) => time !== null);
  return {
    ...user,
    name: user.name ?? lead.name,
    email: user.email ?? (mayTakeEmail ? lead.email : null),
    phone: user.phone ?? lead.phone,
    profile: mergeProfiles(lead.profile, user.profile),
    tagIds: [...new Set([...user.tagIds, ...lead.tagIds])].slice(
      0,
      Math.max(limits.tagsPerObjectMax, user.tagIds.length),
    ),
    customAttributes: isTooMuch ? user.customAttributes : attributes,
    lastRepliedAt: times.length === 0 ? null : Math.max(...times),
    // It is written even if nothing else changes: the row version shows concurrent writers that a lead was merged.
    updatedAt: nowMs,
  };
}

/** The user's fields go before the lead's; who opted out or in as either did so for both. */
function mergeProfiles(lead: ContactProfile, user: ContactProfile): ContactProfile {
  const ids = [...(user.subscriptionTypeIds ?? []), ...(lead.subscriptionTypeIds ?? [])];
  const merged = { ...lead, ...user };
  return ids.length === 0 ? merged : { ...merged, subscriptionTypeIds: [...new Set(ids)] };
}

/** Removes all personal data from a contact that is merged or deleted. */
export const withoutPerson = (contact: Contact, nowMs: number): Contact => ({
  ...contact,
  name: null,
  email: null,
  phone: null,
  profile: {},
  tagIds: [],
  customAttributes: {},
  updatedAt: nowMs,
});
