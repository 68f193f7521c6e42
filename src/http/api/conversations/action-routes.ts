// Routes for actions on a conversation: of teammates, and of contacts through the REST API (contract D.2). Finds the
// conversation, submits the action to the engine, and returns the conversation after it.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError, type ErrorName } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import type { Attachment } from '../../../core/model/file.ts';
import type { Connection } from '../../../database/pool.ts';
import { findContacts } from '../../../store/resources/contacts.ts';
import {
  findContactId,
  findConversationAddress,
  findLastConversationAddress,
} from '../../../store/resources/conversation-address.ts';
import { readWantedFiles, withAttachments } from '../../server/attachments.ts';
import { conversationParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { type AdminAction, type ContactReply, readManage, readReply } from './action-reader.ts';
import { type ManageBody, manageBody, type ReplyBody, replyBody } from './action-schema.ts';
import { type Aimed, changeConversation } from './change-conversation.ts';
import type { ContactKey } from './contact-key.ts';
import { exampleAfterAction } from './examples.ts';
import { conversationSchema } from './schema.ts';

/** Used instead of an id in a contact's reply: the contact's newest conversation. */
const LAST = 'last';

const errors: readonly ErrorName[] = ['resourceNotFound', 'adminNotFound'];

export const conversationActionRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/conversations/:id/reply',
    operationId: 'replyConversation',
    summary: 'Reply as a teammate or contact, or write a note',
    description:
      'Returns the whole conversation. A teammate’s comment or quick reply takes the conversation over: its ' +
      'workflow ends. A note changes nothing else and sends no event. A repeated request is executed twice, unless ' +
      'it carries the same `Idempotency-Key`.',
    tag: 'Conversations',
    parameters: [
      {
        name: 'id',
        in: 'path',
        description:
          'Parley’s id of the conversation, or `last`: the newest conversation of the contact who replies, named ' +
          'by `intercom_user_id` or `user_id`.',
        example: '256257',
      },
    ],
    mayHaveFiles: true,
    body: replyBody,
    bodyExample: {
      message_type: 'comment',
      type: 'admin',
      admin_id: '1',
      body: 'It is on its way.',
    },
    response: conversationSchema,
    responseExample: exampleAfterAction('open', {
      part_type: 'comment',
      body: '<p>It is on its way.</p>',
    }),
    errors: [
      ...errors,
      'contactNotFound',
      'contactBlocked',
      'conversationOfAnotherContact',
      'optionNeverOffered',
      'assigneeNotFound',
      'snoozeInThePast',
      'fileNotFound',
      'fileTooLarge',
      'fileTypeRejected',
      'filesFull',
      'filesUnavailable',
    ],
    async handle(call) {
      const body = call.body as ReplyBody;
      const action = readReply(body);
      if (!action.ok) return action;
      const wanted = readWantedFiles(body);
      if (!wanted.ok) return wanted;
      return withAttachments(call, wanted.value, (attachments) =>
        act(call, enclosing(action.value, attachments)),
      );
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/conversations/:id/parts',
    operationId: 'manageConversation',
    summary: 'Close, snooze, open or assign a conversation',
    description:
      'Returns the whole conversation. Closing a closed conversation or opening an open one changes nothing ' +
      'and is not an error.',
    tag: 'Conversations',
    parameters: [conversationParameter],
    body: manageBody,
    bodyExample: { message_type: 'close', type: 'admin', admin_id: '1', body: 'All done.' },
    response: conversationSchema,
    responseExample: exampleAfterAction('closed', { part_type: 'close', body: '<p>All done.</p>' }),
    errors: [...errors, 'assigneeNotFound', 'snoozeInThePast'],
    async handle(call) {
      const change = readManage(call.body as ManageBody);
      return change.ok ? act(call, change.value) : change;
    },
  },
];

/** Adds files to what is said. Changes such as `close` have none. */
function enclosing(
  action: AdminAction | ContactReply,
  attachments: readonly Attachment[],
): AdminAction | ContactReply {
  if (attachments.length === 0) return action;
  if (action.by === 'contact') return { ...action, attachments };
  const { do: done } = action.action;
  const isSaid = done === 'comment' || done === 'note' || done === 'quick_reply';
  return isSaid ? { ...action, action: { ...action.action, attachments } } : action;
}

const act = (
  call: AuthenticatedCall,
  done: AdminAction | ContactReply,
): Promise<Result<object, ContractError>> => {
  const { workspaceId } = call.principal;
  const { id } = call.request.params as { id: string };
  return changeConversation(call, (connection) =>
    done.by === 'admin'
      ? aimAdmin(connection, workspaceId, id, done)
      : aimContact(connection, workspaceId, id, done),
  );
};

async function aimAdmin(
  connection: Connection,
  workspaceId: number,
  id: string,
  { adminId, action }: AdminAction,
): Promise<Result<Aimed, ContractError>> {
  const address = await findConversationAddress(connection, workspaceId, readId(id));
  if (address === null) return fail(apiError('resourceNotFound'));
  const conversationId = address.id;
  return ok({ address, signal: { kind: 'teammate', conversationId, adminId, action } });
}

async function aimContact(
  connection: Connection,
  workspaceId: number,
  id: string,
  { contact, said, writtenAt, attachments = [] }: ContactReply,
): Promise<Result<Aimed, ContractError>> {
  if (id === LAST && contact.key === 'email') {
    const message =
      'Several contacts may share an e-mail: name the contact by id to reply to `last`';
    return fail(apiError('parameterRequired', 'intercom_user_id', message));
  }
  const named =
    id === LAST ? null : await findConversationAddress(connection, workspaceId, readId(id));
  if (id !== LAST && named === null) return fail(apiError('resourceNotFound'));

  const contactId = await findSpeaker(connection, workspaceId, contact, named?.contactIds ?? []);
  if (contactId === null) return fail(apiError('contactNotFound', contact.key));
  const address = named ?? (await findLastConversationAddress(connection, workspaceId, contactId));
  if (address === null) return fail(apiError('resourceNotFound'));
  const conversationId = address.id;
  return ok({
    address,
    signal: { kind: 'contact_reply', conversationId, contactId, said, writtenAt, attachments },
  });
}

/** Finds the contact who replies. An e-mail is not an identity (contract row 14): it only selects among the members. */
async function findSpeaker(
  connection: Connection,
  workspaceId: number,
  { key, value }: ContactKey,
  memberIds: readonly string[],
): Promise<string | null> {
  if (key !== 'email') {
    const by = key === 'user_id' ? 'externalId' : 'id';
    return findContactId(connection, workspaceId, { by, value });
  }
  const members = await findContacts(connection, workspaceId, memberIds);
  const wanted = value.toLowerCase();
  const found = [...members.values()].find(({ email }) => email?.toLowerCase() === wanted);
  return found?.id ?? null;
}
