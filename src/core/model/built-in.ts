// What every workspace has from the start and the REST API cannot create: segments, and types of subscriptions.

import type { ContactRole } from './model.ts';

export type Segment = {
  readonly id: number;
  readonly name: string;
  /** All contacts of this role are in it. */
  readonly role: ContactRole;
};

export const segments: readonly Segment[] = [
  { id: 1, name: 'All users', role: 'user' },
  { id: 2, name: 'All leads', role: 'lead' },
];

export type SubscriptionType = {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** `opt_out`: a contact has the subscription unless it is attached to the type. */
  readonly consentType: 'opt_out' | 'opt_in';
  readonly contentType: 'email' | 'sms_message';
};

export const subscriptionTypes: readonly SubscriptionType[] = [
  {
    id: 1,
    name: 'Announcements',
    description: 'News by e-mail.',
    consentType: 'opt_out',
    contentType: 'email',
  },
];
