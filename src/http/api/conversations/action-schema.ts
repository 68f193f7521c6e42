// The wire of the two endpoints at which teammates, and contacts through the REST API, act on a conversation (contract
// D.2): what their bodies may look like. Which fields an action needs is read-conversation-action.ts's business.

import { type Static, type TSchema, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  externalId,
  optionalId,
  optionalText,
  requiredText,
} from '../../../contract/schema-pieces.ts';

/** Buttons under one message. */
const REPLY_OPTIONS_MAX = 50;

const oneOf = <Text extends string>(texts: readonly Text[], description: string) =>
  Type.Unsafe<Text>({ type: 'string', enum: texts, description });

const optionalList = (items: TSchema, description: string, itemsMax?: number) =>
  Type.Optional(
    Type.Unsafe<readonly unknown[] | null>({
      type: ['array', 'null'],
      ...(itemsMax === undefined ? {} : { maxItems: itemsMax }),
      items,
      description,
    }),
  );

const adminId = optionalId('The teammate who acts. Needed for everything that a teammate does.');

const unsupportedAttachments = 'Not supported yet: only an empty list is accepted.';

const replyOption = Type.Object({
  text: requiredText(limits.nameCharactersMax, { description: 'What the button says.' }),
  uuid: externalId({
    description:
      'Your id of the button, unique in the list; it comes back as `quick_reply_option_id`.',
  }),
});
type ReplyOption = Static<typeof replyOption>;

export const replyBody = Type.Object(
  {
    type: oneOf(['admin', 'user'], 'Who speaks: a teammate, or the contact.'),
    message_type: oneOf(
      ['comment', 'note', 'quick_reply'],
      'A `note` is seen by teammates only; a `quick_reply` offers buttons. A contact can only send a `comment`.',
    ),
    admin_id: adminId,
    body: optionalText(limits.bodyCharactersMax, {
      description:
        'Plain text: HTML is shown as it was typed. Needed for a `comment` and a `note`; what a `quick_reply` says ' +
        'above its buttons.',
      examples: ['It is on its way.'],
    }),
    reply_options: Type.Optional(
      Type.Unsafe<readonly ReplyOption[] | null>({
        type: ['array', 'null'],
        maxItems: REPLY_OPTIONS_MAX,
        items: replyOption,
        description: `The buttons of a teammate’s \`quick_reply\`, 1 to ${REPLY_OPTIONS_MAX}.`,
      }),
    ),
    intercom_user_id: optionalId(
      'The contact who speaks, by our id. A contact’s reply needs this, `user_id` or `email`; the first of them counts.',
    ),
    user_id: optionalId('The contact who speaks, by your id (`external_id`).'),
    email: optionalText(limits.emailCharactersMax, {
      description: 'The contact of the conversation who speaks, by e-mail.',
    }),
    created_at: Type.Optional(
      Type.Unknown({ description: 'Ignored: a part is as old as its arrival.' }),
    ),
    attachment_urls: optionalList(Type.Unknown(), unsupportedAttachments),
    attachment_files: optionalList(Type.Unknown(), unsupportedAttachments),
  },
  { title: 'Reply' },
);
export type ReplyBody = Static<typeof replyBody>;

export const manageBody = Type.Object(
  {
    message_type: oneOf(['close', 'snoozed', 'open', 'assignment'], 'What to do.'),
    admin_id: adminId,
    type: Type.Optional(
      oneOf(
        ['admin', 'team'],
        'Whether an `assignment` goes to a teammate or a team; needed there. Else `admin` or nothing.',
      ),
    ),
    assignee_id: optionalId(
      'Assignee of an `assignment`: the id of a teammate or team; `0` removes the assignee.',
    ),
    snoozed_until: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        description: 'Until when to put it aside, in unix seconds. Needed for `snoozed`.',
      }),
    ),
    body: optionalText(limits.bodyCharactersMax, {
      description: 'A last word with `close` or `assignment`, which the contact sees. Plain text.',
    }),
  },
  { title: 'Change of a conversation' },
);
export type ManageBody = Static<typeof manageBody>;
