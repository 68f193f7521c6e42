// A contact as the wire shows it (contract D.1). Unknown fields are null or empty, never absent.

import type { Contact, Tag } from '../model/model.ts';
import { seconds, secondsOrNull } from './seconds.ts';

const emptyList = (contactId: string, name: string) => ({
  type: 'list',
  data: [],
  url: `/contacts/${contactId}/${name}`,
  total_count: 0,
  has_more: false,
});

const unknownToUs = {
  avatar: null,
  owner_id: null,
  has_hard_bounced: false,
  marked_email_as_spam: false,
  unsubscribed_from_emails: false,
  last_seen_at: null,
  last_contacted_at: null,
  last_email_opened_at: null,
  last_email_clicked_at: null,
  language_override: null,
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
};

/** The number of tags that the contact itself shows; the rest are at its `url`. */
const TAGS_SHOWN = 10;

const tagList = (contactId: string, tags: readonly Tag[]) => ({
  ...emptyList(contactId, 'tags'),
  data: tags
    .slice(0, TAGS_SHOWN)
    .map(({ id }) => ({ type: 'tag', id: String(id), url: `/tags/${id}` })),
  total_count: tags.length,
  has_more: tags.length > TAGS_SHOWN,
});

/** Presents a contact. @param tags the contact's tags. */
export function presentContact(
  contact: Contact,
  workspaceId: number,
  tags: readonly Tag[] = [],
): object {
  const { id, email } = contact;
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
    created_at: seconds(contact.createdAt),
    updated_at: seconds(contact.updatedAt),
    signed_up_at: secondsOrNull(contact.signedUpAt),
    last_replied_at: secondsOrNull(contact.lastRepliedAt),
    ...unknownToUs,
    custom_attributes: contact.customAttributes,
    tags: tagList(id, tags),
    notes: emptyList(id, 'notes'),
    companies: emptyList(id, 'companies'),
    opted_out_subscription_types: emptyList(id, 'subscriptions'),
    opted_in_subscription_types: emptyList(id, 'subscriptions'),
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
