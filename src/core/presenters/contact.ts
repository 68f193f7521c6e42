// A contact as the wire shows it (contract D.1). Unknown fields are null or empty, never absent.

import { type SubscriptionType, subscriptionTypes } from '../model/built-in.ts';
import type { Contact } from '../model/model.ts';
import { seconds, secondsOrNull } from './seconds.ts';

/** The lists of a contact, by their names on the wire. */
export type ContactLists = {
  readonly tags?: ContactList;
  readonly notes?: ContactList;
  readonly companies?: ContactList;
};

/** @param ids the first few at least. */
export type ContactList = { readonly ids: readonly (number | string)[]; readonly count: number };

/** How many of each the contact itself shows; all of them are at the list's `url`. */
export const LISTED_MAX = 10;

export const noList: ContactList = { ids: [], count: 0 };

const presentList = (
  contactId: string,
  name: string,
  item: string,
  { ids, count }: ContactList = noList,
) => ({
  type: 'list',
  data: ids
    .slice(0, LISTED_MAX)
    .map((id) => ({ type: item, id: String(id), url: `/${itemsOf(item)}/${id}` })),
  url: `/contacts/${contactId}/${name}`,
  total_count: count,
  has_more: count > LISTED_MAX,
});

const itemsOf = (item: string): string => (item === 'company' ? 'companies' : `${item}s`);

const unknownToUs = {
  has_hard_bounced: false,
  marked_email_as_spam: false,
  last_contacted_at: null,
  last_email_opened_at: null,
  last_email_clicked_at: null,
  browser: null,
  browser_version: null,
  browser_language: null,
  os: null,
  android_app_name: null,
  android_app_version: null,
  android_device: null,
  android_os_version: null,
  android_sdk_version: null,
  android_last_seen_at: null,
  ios_app_name: null,
  ios_app_version: null,
  ios_device: null,
  ios_os_version: null,
  ios_sdk_version: null,
  ios_last_seen_at: null,
  utm_campaign: null,
  utm_content: null,
  utm_medium: null,
  utm_source: null,
  utm_term: null,
  referrer: null,
  enabled_push_messaging: null,
};

/** Presents a contact. @param lists what it has of each; none of what is left out. */
export function presentContact(
  contact: Contact,
  workspaceId: number,
  lists: ContactLists = {},
): object {
  const { id, email, profile } = contact;
  return {
    type: 'contact',
    id,
    workspace_id: String(workspaceId),
    external_id: contact.externalId,
    role: contact.role,
    email,
    email_domain: email === null ? null : email.slice(email.indexOf('@') + 1),
    phone: contact.phone,
    name: contact.name,
    avatar: profile.avatarUrl === undefined ? null : presentAvatar(profile.avatarUrl),
    owner_id: profile.ownerId ?? null,
    unsubscribed_from_emails: profile.isUnsubscribedFromEmails ?? false,
    created_at: seconds(contact.createdAt),
    updated_at: seconds(contact.updatedAt),
    signed_up_at: secondsOrNull(contact.signedUpAt),
    last_seen_at: secondsOrNull(profile.lastSeenAt ?? null),
    last_replied_at: secondsOrNull(contact.lastRepliedAt),
    language_override: profile.languageOverride ?? null,
    ...unknownToUs,
    custom_attributes: contact.customAttributes,
    tags: presentList(id, 'tags', 'tag', lists.tags),
    notes: presentList(id, 'notes', 'note', lists.notes),
    companies: presentList(id, 'companies', 'company', lists.companies),
    opted_out_subscription_types: presentSubscriptions(contact, 'opt_out'),
    opted_in_subscription_types: presentSubscriptions(contact, 'opt_in'),
    location: {
      type: 'location',
      country: null,
      region: null,
      city: null,
      country_code: null,
      continent_code: null,
    },
    social_profiles: { type: 'list', data: [] },
  };
}

const presentAvatar = (url: string) => ({ type: 'avatar', image_url: url });

function presentSubscriptions({ id, profile }: Contact, consent: SubscriptionType['consentType']) {
  const ids = subscriptionTypes
    .filter((type) => type.consentType === consent)
    .map((type) => type.id)
    .filter((typeId) => profile.subscriptionTypeIds?.includes(typeId));
  return presentList(id, 'subscriptions', 'subscription', { ids, count: ids.length });
}
