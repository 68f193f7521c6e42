// A type of subscriptions as the wire shows it (contract G 23).

import type { SubscriptionType } from '../model/built-in.ts';

export function presentSubscriptionType(type: SubscriptionType): object {
  const translation = { name: type.name, description: type.description, locale: 'en' };
  return {
    type: 'subscription',
    id: String(type.id),
    state: 'live',
    consent_type: type.consentType,
    default_translation: translation,
    translations: [translation],
    content_types: [type.contentType],
  };
}
