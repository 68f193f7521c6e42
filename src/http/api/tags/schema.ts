// The shapes of tags on the wire (contract D.3). core/presenters/tag.ts makes them.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  nullable,
  nullableTimestamp,
  optionalExternalId,
  optionalId,
  requiredId,
  requiredText,
} from '../../../contract/schema-pieces.ts';

const tagFields = {
  type: Type.Literal('tag'),
  id: Type.String({ description: 'A decimal number.' }),
  name: Type.String(),
};

export const tagSchema = Type.Object(tagFields, { title: 'Tag' });

export const tagList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(tagSchema) },
  { title: 'Tag list' },
);

export const tagBody = Type.Object(
  {
    name: requiredText(limits.nameCharactersMax, {
      description: 'The name of the tag to find, in any case, or to create.',
      examples: ['VIP'],
    }),
    id: optionalId('The id of a tag to rename.'),
    users: Type.Optional(
      Type.Unsafe<readonly TaggedUser[] | null>({
        type: ['array', 'null'],
        maxItems: limits.taggedObjectsMax,
        items: Type.Object({
          id: optionalId('Parley’s id of the contact.'),
          user_id: optionalId('Your id of the contact (`external_id`).'),
          untag: Type.Optional(
            Type.Unsafe<boolean | null>({
              type: ['boolean', 'null'],
              description: 'Removes the tag from this contact.',
            }),
          ),
        }),
        description: `Contacts to tag, at most ${limits.taggedObjectsMax}.`,
      }),
    ),
    companies: Type.Optional(
      Type.Unsafe<readonly TaggedCompany[] | null>({
        type: ['array', 'null'],
        maxItems: limits.taggedObjectsMax,
        items: Type.Object({
          id: optionalId('Parley’s id of the company.'),
          company_id: optionalExternalId('Your id of the company.'),
          untag: Type.Optional(
            Type.Unsafe<boolean | null>({
              type: ['boolean', 'null'],
              description: 'Removes the tag from this company.',
            }),
          ),
        }),
        description: `Companies to tag, at most ${limits.taggedObjectsMax}.`,
      }),
    ),
    untag: Type.Optional(
      Type.Unsafe<boolean | null>({
        type: ['boolean', 'null'],
        description: 'Removes the tag from all `users` and `companies`.',
      }),
    ),
    tag_or_untag: Type.Optional(
      Type.Unsafe<'tag' | 'untag' | null>({
        type: ['string', 'null'],
        enum: ['tag', 'untag', null],
        description: '`untag` removes the tag from all `users` and `companies`.',
      }),
    ),
  },
  { title: 'Create, rename or apply a tag' },
);
export type TagBody = Static<typeof tagBody>;

export type TaggedUser = {
  readonly id?: string | number | null;
  readonly user_id?: string | number | null;
  readonly untag?: boolean | null;
};

export type TaggedCompany = {
  readonly id?: string | number | null;
  readonly company_id?: string | number | null;
  readonly untag?: boolean | null;
};

/** A tag of a contact or conversation. */
export const appliedTag = Type.Object(
  {
    ...tagFields,
    applied_at: nullableTimestamp({
      description: 'When it was added, in unix seconds; null if not recorded.',
    }),
    applied_by: nullable('object', {
      description: 'The teammate who added it, as `{type: "admin", id}`; null if a workflow did.',
    }),
  },
  { title: 'Applied tag' },
);

export const appliedTagList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(appliedTag) },
  { title: 'Applied tag list' },
);

/** Adds a tag to a contact. */
export const applyTagBody = Type.Object(
  { id: requiredId('The id of the tag.') },
  { title: 'Add a tag' },
);
export type ApplyTagBody = Static<typeof applyTagBody>;

/** Adds a tag to a conversation. */
export const tagConversationBody = Type.Object(
  {
    id: requiredId('The id of the tag.'),
    admin_id: requiredId('The teammate who adds it.'),
  },
  { title: 'Add a tag to a conversation' },
);
export type TagConversationBody = Static<typeof tagConversationBody>;

/** Removes a tag from a conversation. */
export const untagConversationBody = Type.Object(
  { admin_id: optionalId('The teammate who removes it; by default the one of the token.') },
  { title: 'Remove a tag from a conversation' },
);
export type UntagConversationBody = Static<typeof untagConversationBody>;
