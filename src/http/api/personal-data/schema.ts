// The shapes of erasures and of the export of a contact on the wire.

import { Type } from 'typebox';
import { nullable } from '../../../contract/schema-pieces.ts';

const erasure = Type.Object(
  {
    type: Type.Literal('erasure'),
    contact_id: Type.String(),
    stage: Type.Unsafe<string>({
      type: 'string',
      enum: ['conversations', 'person', 'events', 'keys', 'done'],
      description: '`keys`: all is removed but the ids of events, which follow; `done`: all is.',
    }),
    requested_at: Type.String({ description: 'ISO 8601.' }),
    finished_at: nullable('string', { description: 'ISO 8601; null: not yet.' }),
    conversations_left: Type.Integer({ description: 'Conversations that are to be removed.' }),
  },
  { title: 'Erasure' },
);

export const erasureList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(erasure) },
  { title: 'ErasureList' },
);

const row = Type.Unsafe<object>({ type: 'object' });
const rows = (description: string) => Type.Array(row, { description });

export const contactExport = Type.Object(
  {
    format: Type.String({ description: 'The name of this format.' }),
    format_version: Type.Literal(1),
    exported_at: Type.String({ description: 'ISO 8601.' }),
    contact: row,
    merged_leads: rows('Leads that were merged into the contact.'),
    tags: Type.Array(Type.String()),
    companies: rows('With the companies of the leads.'),
    notes: rows('What teammates wrote about the contact.'),
    conversations: rows('With their parts, events and traces. Words of others are left out.'),
    files: rows('Attachments, without their bytes.'),
    app_events: rows('Ids of events of the app.'),
    keyed_requests: rows('Stored responses to requests with an Idempotency-Key.'),
    audit: rows('Entries of the audit log.'),
  },
  { title: 'ContactExport' },
);
