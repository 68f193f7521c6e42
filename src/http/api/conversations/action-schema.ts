// Request schemas of the two endpoints with which teammates, and contacts through the REST API, act on a conversation
// (contract D.2). action-reader.ts checks which fields an action needs.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  attachmentUrls,
  emailFormat,
  externalId,
  optionalId,
  optionalText,
  requiredText,
} from '../../../contract/schema-pieces.ts';

/** The last second of the year 9999. Later values are most likely milliseconds, and have no ISO 8601 form. */
export const SECONDS_MAX = 253_402_300_799;

/** Buttons under one message. */
const REPLY_OPTIONS_MAX = 50;

const oneOf = <Text extends string>(texts: readonly Text[], description: string) =>
  Type.Unsafe<Text>({ type: 'string', enum: texts, description });

const adminId = optionalId('The teammate who acts. Required for all actions of a teammate.');

const attachmentFile = Type.Object({
  name: requiredText(limits.nameCharactersMax, { description: 'The name of the file.' }),
  data: Type.String({ minLength: 1, description: 'The content in base64.' }),
  content_type: optionalText(limits.nameCharactersMax, {
    description: 'Ignored: Parley finds the type in the content.',
  }),
});
export type AttachmentFile = Static<typeof attachmentFile>;

const attachmentFiles = Type.Optional(
  Type.Unsafe<readonly AttachmentFile[] | null>({
    type: ['array', 'null'],
    maxItems: limits.attachmentsMax,
    items: attachmentFile,
    description: `Files in the request itself, ${limits.attachmentsMax} at most.`,
  }),
);

const replyOption = Type.Object({
  text: requiredText(limits.nameCharactersMax, { description: 'The text of the button.' }),
  uuid: externalId({
    description:
      'Your id of the button, unique in the list; a click sends it as `quick_reply_option_id`.',
  }),
});
type ReplyOption = Static<typeof replyOption>;

const snoozedUntil = Type.Optional(
  Type.Unsafe<number | string | null>({
    type: ['integer', 'string', 'null'],
    description:
      'When the conversation reopens, in unix seconds, also as text. Required for `snoozed`.',
  }),
);

export const changes = ['close', 'snoozed', 'open', 'assignment'] as const;

export const replyBody = Type.Object(
  {
    type: oneOf(
      ['admin', 'user', 'team'],
      'The author: a teammate or the contact. `team` is only the kind of assignee of an `assignment`.',
    ),
    message_type: oneOf(
      ['comment', 'note', 'quick_reply', ...changes],
      'Only teammates see a `note`. With a `quick_reply` a teammate offers buttons and a contact chooses one. The ' +
        'other values do what they do at `/parts`.',
    ),
    admin_id: adminId,
    assignee_id: optionalId('As at `/parts`.'),
    snoozed_until: snoozedUntil,
    body: optionalText(limits.bodyCharactersMax, {
      description:
        'Plain text: HTML in it is shown as text. Required for a `comment` and a `note`; for a `quick_reply`, the ' +
        'text above its buttons.',
      examples: ['It is on its way.'],
    }),
    reply_options: Type.Optional(
      Type.Unsafe<readonly ReplyOption[] | null>({
        type: ['array', 'null'],
        maxItems: REPLY_OPTIONS_MAX,
        items: replyOption,
        description:
          `The buttons of a teammate’s \`quick_reply\`, 1 to ${REPLY_OPTIONS_MAX}; or the one that the contact ` +
          'chooses, whose `uuid` must have been offered in the conversation.',
      }),
    ),
    intercom_user_id: optionalId(
      'The contact who replies, by Parley’s id. A contact’s reply needs this, `user_id` or `email`; the first one counts.',
    ),
    user_id: optionalId('The contact who replies, by your id (`external_id`).'),
    email: optionalText(limits.emailCharactersMax, {
      format: emailFormat,
      description: 'The contact who replies, by e-mail, among the contacts of the conversation.',
    }),
    created_at: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 0,
        maximum: SECONDS_MAX,
        description:
          'When it was written, in unix seconds; now by default, and for a time in the future. The order of parts is ' +
          'that of their arrival.',
      }),
    ),
    attachment_urls: attachmentUrls('Addresses of files. Parley fetches them after its response.'),
    attachment_files: attachmentFiles,
    upload_ids: Type.Optional(
      Type.Unsafe<readonly string[] | null>({
        type: ['array', 'null'],
        maxItems: limits.attachmentsMax,
        items: { type: 'string', maxLength: limits.idCharactersMax },
        description: `The ids of uploads (\`POST /parley/v1/uploads\`), ${limits.attachmentsMax} at most.`,
      }),
    ),
  },
  { title: 'Reply' },
);
export type ReplyBody = Static<typeof replyBody>;

export const manageBody = Type.Object(
  {
    message_type: oneOf(changes, 'The action.'),
    admin_id: adminId,
    type: Type.Optional(
      oneOf(
        ['admin', 'team'],
        'The kind of assignee; required for an `assignment`. Otherwise `admin` or absent.',
      ),
    ),
    assignee_id: optionalId(
      'Assignee of an `assignment`: the id of a teammate or team; `0` removes the assignee.',
    ),
    snoozed_until: snoozedUntil,
    body: optionalText(limits.bodyCharactersMax, {
      description: 'A message to the contact with `close` or `assignment`. Plain text.',
    }),
  },
  { title: 'Change of a conversation' },
);
export type ManageBody = Static<typeof manageBody>;
