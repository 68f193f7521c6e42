// The shapes of segments on the wire. core/presenters/segment.ts makes them.

import { Type } from 'typebox';
import { nullable, timestamp } from '../../../contract/schema-pieces.ts';

export const segmentSchema = Type.Object(
  {
    type: Type.Literal('segment'),
    id: Type.String(),
    name: Type.String(),
    created_at: timestamp(),
    updated_at: timestamp(),
    person_type: Type.Unsafe<string>({
      type: 'string',
      enum: ['user', 'contact'],
      description: '`contact` means leads.',
    }),
    count: nullable('integer', { description: 'With `include_count=true`, how many contacts.' }),
  },
  { title: 'Segment' },
);

export const segmentList = Type.Object(
  {
    type: Type.Literal('segment.list'),
    segments: Type.Array(segmentSchema),
    pages: Type.Object({}),
  },
  { title: 'Segment list' },
);

export const attachedSegments = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(segmentSchema) },
  { title: 'Segments of a contact or company' },
);

export const exampleSegment = {
  type: 'segment',
  id: '1',
  name: 'All users',
  created_at: 1795000000,
  updated_at: 1795000000,
  person_type: 'user',
  count: null,
};
