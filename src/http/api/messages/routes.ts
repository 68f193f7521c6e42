// Begins conversations over the REST API: a contact's with POST /conversations, a teammate's or a contact's with
// POST /messages. Each is a signal of the engine.

import { limits } from '../../../base/limits.ts';
import { newUniqueName } from '../../../base/random.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId, readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import { begunId } from '../../../core/conversation/made-up-id.ts';
import { presentAdmin } from '../../../core/presenters/admin.ts';
import { seconds } from '../../../core/presenters/seconds.ts';
import type { Connection } from '../../../database/pool.ts';
import {
  findContactId,
  findContactIdByEmail,
  findLastConversationAddress,
} from '../../../store/resources/conversation-address.ts';
import { findConversation } from '../../../store/resources/conversations.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { attachmentsToFetch } from '../../server/attachments.ts';
import { orUnavailable } from '../../server/database-unavailable.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { findChannel } from './find-channel.ts';
import {
  type CreateConversationBody,
  type CreateMessageBody,
  createConversationBody,
  createMessageBody,
  messageSchema,
  type Person,
} from './schema.ts';

const UNAVAILABLE =
  'Service temporarily unavailable, the conversation may have begun: look before you retry';

const example = {
  type: 'user_message',
  id: '256257',
  created_at: 1795000000,
  body: 'Hello there',
  message_type: 'inapp',
  conversation_id: '256257',
};

const common = {
  access: 'token',
  scope: 'write',
  method: 'POST',
  response: messageSchema,
} as const;

export const messageRoutes: readonly ApiRoute[] = [
  {
    ...common,
    path: '/conversations',
    operationId: 'createConversation',
    summary: 'Begin a conversation as a contact',
    description:
      'In the channel of the token, or in `channel`. Parley makes up its `external_conversation_id`; outbound events ' +
      'name it, and the app can answer with it. Workflows start as for `notify_new_conversation`.',
    tag: 'Conversations',
    body: createConversationBody,
    bodyExample: { from: { type: 'user', id: '6a11c0de000000000003e800' }, body: 'Hello there' },
    responseExample: example,
    errors: ['contactNotFound', 'contactBlocked', 'parameterInvalid', 'integrationNotFound'],
    handle(call) {
      const body = call.body as CreateConversationBody;
      return begin(call, { ...body, from: body.from, to: [], isEmail: false });
    },
  },
  {
    ...common,
    path: '/messages',
    operationId: 'createMessage',
    summary: 'Send a message as a teammate or a contact',
    description:
      'Begins a conversation in the channel of the token, or in `channel`, and the app gets `new_message`; a ' +
      'contact’s message is what `POST /conversations` makes of it. The id of the message is the `source.id` of the ' +
      'conversation.',
    tag: 'Messages',
    body: createMessageBody,
    bodyExample: {
      message_type: 'in_app',
      from: { type: 'admin', id: '1' },
      to: { type: 'user', id: '6a11c0de000000000003e800' },
      body: 'Hello there',
    },
    responseExample: { ...example, type: 'admin_message' },
    errors: [
      'contactNotFound',
      'contactBlocked',
      'adminNotFound',
      'integrationNotFound',
      'subjectMissing',
      'tooManyContacts',
      'actionUnsupported',
    ],
    async handle(call) {
      const read = readMessage(call.body as CreateMessageBody);
      return read.ok ? begin(call, read.value) : read;
    },
  },
];

type Beginning = {
  readonly from: Person;
  /** Empty for a message of a contact. */
  readonly to: readonly Person[];
  readonly body: string;
  readonly subject?: string | null;
  readonly created_at?: number | null;
  readonly isEmail: boolean;
  readonly channel?: string | null;
  readonly attachment_urls?: readonly string[] | null;
};

const isBlank = (text: string | null | undefined): boolean => cleanText(text ?? '').trim() === '';

const listOf = (given: Person | readonly Person[] | null | undefined): readonly Person[] =>
  [given ?? []].flat() as readonly Person[];

function readMessage(body: CreateMessageBody): Result<Beginning, ContractError> {
  const isEmail = body.message_type === 'email';
  if (isBlank(body.body)) return fail(apiError('parameterRequired', 'body', 'Body is required'));
  if (isEmail && isBlank(body.subject)) return fail(apiError('subjectMissing', 'subject'));
  if (listOf(body.bcc).length > 0) {
    const message = 'Contacts of a conversation see each other: bcc is not supported';
    return fail(apiError('actionUnsupported', 'bcc', message));
  }
  const isTeammate = body.from.type === 'admin';
  const to = listOf(body.to);
  if (isTeammate && to.length === 0) {
    return fail(apiError('parameterRequired', 'to', 'to is required'));
  }
  const recipients = isTeammate ? [...to, ...listOf(body.cc)] : [];
  return ok({ ...body, body: body.body!, to: recipients, isEmail });
}

async function begin(
  call: AuthenticatedCall,
  given: Beginning,
): Promise<Result<object, ContractError>> {
  const { request, principal, dependencies } = call;
  const { workspaceId, channel: own } = principal;
  const isTeammate = given.from.type === 'admin';
  return orUnavailable(call, UNAVAILABLE, async () => {
    const people = isTeammate ? given.to : [given.from];
    const { ids, lastChannelId } = await readAs(
      dependencies.readPool,
      workspaceId,
      async (connection) => {
        const found: (string | null)[] = [];
        for (const one of people) found.push(await findPerson(connection, workspaceId, one));
        const [first = null] = found;
        const last =
          own === null && first !== null
            ? await findLastConversationAddress(connection, workspaceId, first)
            : null;
        return { ids: found, lastChannelId: last?.channelId ?? null };
      },
    );
    const missing = ids.indexOf(null);
    if (missing >= 0) return fail(apiError('contactNotFound', isTeammate ? 'to' : 'from'));
    const [contactId, ...others] = new Set(ids as string[]);
    if (others.length >= limits.conversationContactsMax)
      return fail(apiError('tooManyContacts', 'to'));
    const { channels } = await dependencies.setups.get(workspaceId);
    const channel = findChannel({ own, channels, lastChannelId }, given.channel);
    if (!channel.ok) return channel;
    const externalId = begunId(newUniqueName());
    const begun = await dependencies.engine.submit({
      kind: 'conversation',
      workspaceId,
      channelId: channel.value.id,
      externalId,
      signal: {
        kind: 'begin',
        externalId,
        contactId: contactId!,
        otherContactIds: others,
        adminId: isTeammate ? readId(given.from.id ?? '') : null,
        title: isBlank(given.subject) ? null : cleanText(given.subject!),
        body: cleanText(given.body),
        attachments: attachmentsToFetch(dependencies.files, given.attachment_urls),
        writtenAt: typeof given.created_at === 'number' ? given.created_at * 1000 : undefined,
      },
      requestId: request.id,
    });
    if (!begun.ok) return begun;
    return show(call, given, begun.value.conversationId);
  });
}

function findPerson(
  connection: Connection,
  workspaceId: number,
  { id, user_id: userId, email }: Person,
): Promise<string | null> {
  const value = String(id ?? '');
  if (value !== '') {
    if (!isContactId(value)) return Promise.resolve(null);
    return findContactId(connection, workspaceId, { by: 'id', value });
  }
  const external = String(userId ?? '');
  if (external !== '') {
    return findContactId(connection, workspaceId, { by: 'externalId', value: external });
  }
  return isBlank(email)
    ? Promise.resolve(null)
    : findContactIdByEmail(connection, workspaceId, email!);
}

/** Shows the message. Its id is that of the conversation, which is the id of the conversation's source, too. */
async function show(
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  { from, body, subject, isEmail }: Beginning,
  conversationId: number,
): Promise<Result<object, ContractError>> {
  const conversation = await readAs(dependencies.readPool, workspaceId, (connection) =>
    findConversation(connection, workspaceId, conversationId),
  );
  if (conversation === null) return fail(apiError('resourceNotFound'));
  const { admins, teams } = await dependencies.setups.get(workspaceId);
  const admin = from.type === 'admin' ? admins.get(readId(from.id ?? '')) : undefined;
  return ok({
    type: admin === undefined ? 'user_message' : 'admin_message',
    id: String(conversationId),
    created_at: seconds(conversation.createdAt),
    ...(isBlank(subject) ? {} : { subject: cleanText(subject!) }),
    body: cleanText(body),
    message_type: isEmail ? 'email' : 'inapp',
    conversation_id: String(conversationId),
    ...(admin === undefined ? {} : { owner: presentAdmin(admin, teams) }),
  });
}
