// Converts a valid body into the action of a teammate or contact. Checks which fields each action needs and what is not
// supported, but not that ids exist: it is pure.

import { assertNever, fail, ok, type Result } from '../../../base/result.ts';
import {
  apiError,
  type ContractError,
  errorCatalogue,
  errorItem,
} from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import type { TeammateAction } from '../../../core/conversation/signal.ts';
import { readId } from '../../server/read-id.ts';
import type { ManageBody, ReplyBody } from './action-schema.ts';

/** The last second of the year 9999. Later values are most likely milliseconds, and have no ISO 8601 form. */
const SNOOZE_SECONDS_MAX = 253_402_300_799;

export type AdminAction = {
  readonly by: 'admin';
  readonly adminId: number;
  readonly action: TeammateAction;
};

export type ContactReply = {
  readonly by: 'contact';
  readonly contact: ContactKey;
  readonly body: string;
};

/** The field by which the caller names the contact. */
export type ContactKey = {
  readonly key: 'intercom_user_id' | 'user_id' | 'email';
  readonly value: string;
};

/** Reads the body of a reply. */
export function readReply(body: ReplyBody): Result<AdminAction | ContactReply, ContractError> {
  for (const field of ['attachment_urls', 'attachment_files'] as const) {
    const isThere = (body[field] ?? []).length > 0;
    if (isThere) return fail(apiError('actionUnsupported', field, 'Attachments are not supported'));
  }
  return body.type === 'user' ? readContactReply(body) : readAdminReply(body);
}

function readContactReply(body: ReplyBody): Result<ContactReply, ContractError> {
  if (body.message_type === 'note') {
    return fail(apiError('parameterInvalid', 'message_type', 'A contact cannot write a note'));
  }
  const isChoice = body.message_type === 'quick_reply' || (body.reply_options ?? []).length > 0;
  if (isChoice) {
    const message = 'Use notify_quick_reply_selected for the quick reply of a contact';
    const field = body.message_type === 'quick_reply' ? 'message_type' : 'reply_options';
    return fail(apiError('actionUnsupported', field, message));
  }
  const missing = missingOf(body, ['body']);
  if (missing !== null) return fail(missing);
  const contact = readContactKey(body);
  if (contact === null) {
    const message = 'One of intercom_user_id, user_id or email is required';
    return fail(apiError('parameterRequired', 'intercom_user_id', message));
  }
  return ok({ by: 'contact', contact, body: cleanText(body.body!) });
}

function readContactKey(body: ReplyBody): ContactKey | null {
  for (const key of ['intercom_user_id', 'user_id', 'email'] as const) {
    const value = body[key];
    if (!isBlank(value)) return { key, value: String(value) };
  }
  return null;
}

function readAdminReply(body: ReplyBody): Result<AdminAction, ContractError> {
  const kind = body.message_type;
  const missing = missingOf(body, ['admin_id', kind === 'quick_reply' ? 'reply_options' : 'body']);
  if (missing !== null) return fail(missing);
  const adminId = readId(body.admin_id!);
  if (kind !== 'quick_reply') {
    return ok({ by: 'admin', adminId, action: { do: kind, body: cleanText(body.body!) } });
  }
  const options = body.reply_options!.map(({ text, uuid }) => ({
    id: String(uuid),
    text: cleanText(text),
  }));
  if (new Set(options.map(({ id }) => id)).size < options.length) {
    return fail(
      apiError('parameterInvalid', 'reply_options', 'reply_options must have unique uuids'),
    );
  }
  const action = { do: kind, body: textOrNull(body.body), options } as const;
  return ok({ by: 'admin', adminId, action });
}

const neededOf: { readonly [Kind in ManageBody['message_type']]: readonly (keyof ManageBody)[] } = {
  close: ['admin_id'],
  snoozed: ['admin_id', 'snoozed_until'],
  open: ['admin_id'],
  assignment: ['admin_id', 'type', 'assignee_id'],
};

/** Reads the body of a change. */
export function readManage(body: ManageBody): Result<AdminAction, ContractError> {
  const kind = body.message_type;
  const missing = missingOf(body, neededOf[kind]);
  if (missing !== null) return fail(missing);
  if (kind !== 'assignment' && body.type === 'team') {
    return fail(
      apiError(
        'parameterInvalid',
        'type',
        'A team can only be an assignee, not the author of an action',
      ),
    );
  }
  const adminId = readId(body.admin_id!);
  const action = readChange(body);
  return action.ok ? ok({ by: 'admin', adminId, action: action.value }) : action;
}

function readChange(body: ManageBody): Result<TeammateAction, ContractError> {
  const kind = body.message_type;
  switch (kind) {
    case 'close':
      return ok({ do: 'close', body: textOrNull(body.body) });
    case 'open':
      return ok({ do: 'open' });
    case 'snoozed': {
      const until = body.snoozed_until!;
      if (until <= SNOOZE_SECONDS_MAX) return ok({ do: 'snooze', untilMs: until * 1000 });
      const message = 'snoozed_until must be in unix seconds, before the year 10000';
      return fail(apiError('parameterInvalid', 'snoozed_until', message));
    }
    case 'assignment': {
      const id = String(body.assignee_id) === '0' ? null : readId(body.assignee_id!);
      const to = id === null ? null : { type: body.type!, id };
      return ok({ do: 'assign', to, body: textOrNull(body.body) });
    }
    default:
      return assertNever(kind);
  }
}

/** Builds an error with an entry for each missing field. */
function missingOf<Body extends object>(
  body: Body,
  fields: readonly (keyof Body & string)[],
): ContractError | null {
  const missing = fields.filter((field) => isBlank(body[field]));
  if (missing.length === 0) return null;
  const { status } = errorCatalogue.parameterRequired;
  const errors = missing.map((field) =>
    errorItem('parameterRequired', field, `${field} is required`),
  );
  return { status, errors };
}

/** Contract row 31: absent, null, empty and blank are the same. */
function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return (typeof value === 'string' ? cleanText(value).trim() : (value ?? '')) === '';
}

const textOrNull = (text: string | null | undefined): string | null =>
  isBlank(text) ? null : cleanText(text!);
