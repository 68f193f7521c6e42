// Schemas of notes about contacts (contract D.1).

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import { nullable, optionalId, requiredText, timestamp } from '../../../contract/schema-pieces.ts';

export const createNoteBody = Type.Object(
  {
    body: requiredText(limits.bodyCharactersMax, {
      description:
        'Text or HTML. Parley keeps the elements `p`, `b`, `strong`, `i`, `em`, `a`, `ul`, `ol`, `li`, `br`, `code` and `pre`.',
    }),
    admin_id: optionalId('The teammate who writes the note; by default that of the token.'),
  },
  { title: 'Create a note' },
);
export type CreateNoteBody = Static<typeof createNoteBody>;

export const noteSchema = Type.Object(
  {
    type: Type.Literal('note'),
    id: Type.String(),
    created_at: timestamp(),
    contact: Type.Object({
      type: Type.Literal('contact'),
      id: Type.String({
        description: 'Our id of the contact; for a merged lead, that of its user.',
      }),
    }),
    author: nullable('object', { description: 'The teammate, as `GET /admins/{id}` shows one.' }),
    body: Type.String({ description: 'HTML.' }),
  },
  { title: 'Note' },
);

export const noteList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(noteSchema),
    total_count: Type.Integer(),
    pages: Type.Object({
      type: Type.Literal('pages'),
      next: Type.Null(),
      page: Type.Integer(),
      per_page: Type.Integer(),
      total_pages: Type.Integer(),
    }),
  },
  { title: 'Note list', description: 'Newest first.' },
);
