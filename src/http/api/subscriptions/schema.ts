// The shapes of types of subscriptions on the wire. core/presenters/subscription-type.ts makes them.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import { requiredId, requiredText } from '../../../contract/schema-pieces.ts';

const translation = Type.Object({
  name: Type.String(),
  description: Type.String(),
  locale: Type.String(),
});

export const subscriptionSchema = Type.Object(
  {
    type: Type.Literal('subscription'),
    id: Type.String(),
    state: Type.Literal('live'),
    consent_type: Type.Unsafe<string>({ type: 'string', enum: ['opt_out', 'opt_in'] }),
    default_translation: translation,
    translations: Type.Array(translation),
    content_types: Type.Array(Type.String()),
  },
  { title: 'Subscription type' },
);

export const subscriptionList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(subscriptionSchema) },
  { title: 'Subscription type list' },
);

export const attachBody = Type.Object(
  {
    id: requiredId('The id of the type.'),
    consent_type: requiredText(limits.nameCharactersMax, { description: '`opt_in` or `opt_out`.' }),
  },
  { title: 'Attach a subscription' },
);
export type AttachBody = Static<typeof attachBody>;

const exampleTranslation = {
  name: 'Announcements',
  description: 'News by e-mail.',
  locale: 'en',
};

export const exampleSubscription = {
  type: 'subscription',
  id: '1',
  state: 'live',
  consent_type: 'opt_out',
  default_translation: exampleTranslation,
  translations: [exampleTranslation],
  content_types: ['email'],
};
