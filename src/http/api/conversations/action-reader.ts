// Converts a valid body into the action of a teammate or contact. Checks which fields each action needs and what is not
// supported, but not that ids exist: it is pure.

import { assertNever, fail, ok, type Result } from '../../../base/result.ts';
import {
  apiError,
  type ContractError,
  errorCatalogue,
  errorItem,
} from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import type { ContactWords, TeammateAction } from '../../../core/conversation/signal.ts';
import type { Attachment } from '../../../core/model/file.ts';
import { changes, type ManageBody, type ReplyBody, SECONDS_MAX } from './action-schema.ts';
import { type ContactKey, isBlank, readContactKey } from './contact-key.ts';

export type AdminAction = {
  readonly by: 'admin';
  readonly adminId: number;
  readonly action: TeammateAction;
};

export type ContactReply = {
  readonly by: 'contact';
  readonly contact: ContactKey;
  readonly said: ContactWords;
  readonly writtenAt: number | undefined;
  readonly attachments?: readonly Attachment[];
};

/** Reads the body of a reply. */
export function readReply(body: ReplyBody): Result<AdminAction | ContactReply, ContractError> {
  // The Ruby client sends all changes of a conversation here (contract G 12).
  if (isChange(body)) return readManage(body);
  if (body.type === 'team') {
    return fail(apiError('parameterInvalid', 'type', 'A team cannot be the author of a message'));
  }
  return body.type === 'user' ? readContactReply(body) : readAdminReply(body);
}

function isChange(body: ReplyBody): body is ReplyBody & ManageBody {
  if (body.type === 'user') return false;
  const kind: string = body.message_type;
  return changes.some((change) => change === kind);
}

const writtenAtOf = ({ created_at: seconds }: ReplyBody): number | undefined =>
  typeof seconds === 'number' ? seconds * 1000 : undefined;

function readContactReply(body: ReplyBody): Result<ContactReply, ContractError> {
  const { message_type: kind } = body;
  if (kind !== 'comment' && kind !== 'quick_reply') {
    const message = 'A contact can only send a comment or a quick_reply';
    return fail(apiError('parameterInvalid', 'message_type', message));
  }
  const options = body.reply_options ?? [];
  const isChoice = kind === 'quick_reply' || options.length > 0;
  const missing = missingOf(body, [isChoice ? 'reply_options' : 'body']);
  if (missing !== null) return fail(missing);
  const [option] = options;
  if (options.length > 1) {
    const message = 'A contact chooses one option: reply_options must have one entry';
    return fail(apiError('parameterInvalid', 'reply_options', message));
  }
  const contact = readContactKey(body);
  if (contact === null) {
    const message = 'One of intercom_user_id, user_id or email is required';
    return fail(apiError('parameterRequired', 'intercom_user_id', message));
  }
  const said =
    option === undefined ? { body: cleanText(body.body!) } : { optionId: String(option.uuid) };
  return ok({ by: 'contact', contact, said, writtenAt: writtenAtOf(body) });
}

function readAdminReply(body: ReplyBody): Result<AdminAction, ContractError> {
  const isQuestion = body.message_type === 'quick_reply';
  const missing = missingOf(body, ['admin_id', isQuestion ? 'reply_options' : 'body']);
  if (missing !== null) return fail(missing);
  const adminId = readId(body.admin_id!);
  const writtenAt = writtenAtOf(body);
  if (!isQuestion) {
    const kind = body.message_type === 'note' ? 'note' : 'comment';
    const action = { do: kind, body: cleanText(body.body!), writtenAt } as const;
    return ok({ by: 'admin', adminId, action });
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
  const action = { do: 'quick_reply', body: textOrNull(body.body), options, writtenAt } as const;
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
      const until = Number(body.snoozed_until!);
      const isWhole = /^\d+$/.test(String(body.snoozed_until));
      if (isWhole && until <= SECONDS_MAX) return ok({ do: 'snooze', untilMs: until * 1000 });
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

const textOrNull = (text: string | null | undefined): string | null =>
  isBlank(text) ? null : cleanText(text!);
