// Where Parley's responses leave the published description: each place with its reason. Whatever is not in this list
// has to fit the description, in every test, with all published properties.

import type { Schema } from '../../../src/http/openapi/types.ts';

export type Deviation = {
  readonly name: string;
  readonly why: string;
  /** Properties, as `schema.property`, that may be null. `schema.*` means all properties of a schema. */
  readonly mayBeNull?: readonly string[];
  /** Properties that a response may leave out. */
  readonly mayBeAbsent?: readonly string[];
  /** Schemas, and properties of schemas, that are another one here. */
  readonly replaced?: Readonly<Record<string, Schema>>;
};

const attributes: Schema = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
};

export const deviations: readonly Deviation[] = [
  {
    name: 'errors that the description leaves out',
    // The vendor answers 400, 404, 409 and more as well, in the published error shape, and so does Parley.
    why: 'It names 200 and 401 for most operations: any other error has to fit the published shape.',
  },
  {
    name: 'an error without a field',
    why: 'The published examples of errors have no field where none is at fault, and some have no message.',
    mayBeAbsent: ['error.request_id'],
  },
  {
    name: 'attachments that are not there yet, or are no pictures',
    why: 'Type and size are known once the file is fetched; width and height are not measured.',
    mayBeNull: [
      'part_attachment.content_type',
      'part_attachment.filesize',
      'part_attachment.width',
      'part_attachment.height',
    ],
  },
  {
    name: 'contacts, and so authors, without an e-mail address',
    why: 'A lead needs none, and the published examples show null for what is not known.',
    mayBeNull: ['contact.email', 'contact.email_domain', 'conversation_part_author.email'],
  },
  {
    name: 'statistics of what has not happened yet',
    why: 'The published examples of a new conversation show null for each of them.',
    mayBeNull: ['conversation_statistics.*'],
  },
  {
    name: 'tags in a list of all tags',
    why: 'Such a tag is applied to nothing: the published example of the list has only type, id and name.',
    mayBeAbsent: ['tag.applied_at', 'tag.applied_by'],
  },
  {
    name: 'subjects of messages',
    why: 'It is described as present for e-mails only, and the published examples of others have none.',
    mayBeAbsent: ['message.subject'],
  },
  {
    name: 'metadata of parts without buttons',
    why: 'The published examples have an empty object there.',
    mayBeAbsent: [
      'conversation_part_metadata.quick_reply_options',
      'conversation_part_metadata.quick_reply_uuid',
    ],
  },
  {
    name: 'buttons without translations',
    why: 'Parley keeps none, and the published examples have none.',
    mayBeAbsent: ['conversation_part_metadata.quick_reply_options.translations'],
  },
  {
    name: 'ids of buttons',
    why: 'The offering side chooses them: the published event quick_reply_selected has the id "1234".',
    replaced: {
      'conversation_part_metadata.quick_reply_uuid': { type: 'string' },
      'quick_reply_option.uuid': { type: 'string' },
    },
  },
  {
    name: 'attributes of conversations, and attributes without an author',
    why: 'The list can be filtered by the model conversation; `parley apply` creates attributes, too.',
    mayBeNull: ['data_attribute.admin_id'],
    replaced: {
      'data_attribute.model': { type: 'string', enum: ['contact', 'company', 'conversation'] },
    },
  },
  {
    name: 'activities that only Parley has',
    why: 'The published list of types has no tags and no data attributes, and Parley keeps no addresses.',
    mayBeNull: ['activity_log.performed_by.email', 'activity_log.performed_by.ip'],
    // Each activity has what concerns it, as in the published examples.
    mayBeAbsent: ['activity_log_metadata.*'],
    replaced: { 'activity_log.activity_type': { type: 'string' } },
  },
  {
    name: 'companies of which little is known',
    why: 'The published examples have an empty plan, and leave out the last request, which Parley does not see.',
    mayBeNull: ['company.remote_created_at', 'company.last_request_at'],
    mayBeAbsent: ['company.plan.*'],
  },
  {
    name: 'values of custom attributes',
    why: 'The published data types of an attribute include float and boolean, and unset is null.',
    replaced: { custom_attributes: attributes, 'company.custom_attributes': attributes },
  },
];
