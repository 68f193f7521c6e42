// One conversation: what the panel beside it shows, its thread page by page, and the deliveries of its messages.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readWholeNumber } from '../../../contract/query-parameters.ts';
import { readId } from '../../../contract/read-id.ts';
import type { WorkspaceSetup } from '../../../core/conversation/transition-context.ts';
import type { Contact, Conversation, StoredPart } from '../../../core/model/model.ts';
import { presentAttachment } from '../../../core/presenters/attachment.ts';
import type { Connection } from '../../../database/pool.ts';
import { readDeliveries } from '../../../store/inbox/deliveries.ts';
import { readInboxRows } from '../../../store/inbox/rows.ts';
import { findDrafts } from '../../../store/inbox/seen.ts';
import { type Choice, findChoices, findOthers, readThread } from '../../../store/inbox/thread.ts';
import { findContacts } from '../../../store/resources/contacts.ts';
import { findConversation } from '../../../store/resources/conversations.ts';
import { findPartFiles } from '../../../store/resources/files.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { AuthenticatedCall, SessionRoute } from '../../server/route.ts';
import { presentDeliveries } from './present-deliveries.ts';
import { isContact, nameOfAuthor, presentRow } from './present-row.ts';
import {
  deliveries,
  type ThreadPart,
  threadPage,
  type WholeConversation,
  wholeConversation,
} from './schema.ts';

const PARTS_DEFAULT = 50;
const PARTS_MAX = 100;
const POSITION_MAX = 2_147_483_647;

const common = { access: 'session', role: 'viewer', method: 'GET' } as const;

export const threadRoutes: readonly SessionRoute[] = [
  {
    ...common,
    path: '/parley/v1/app/conversations/:id',
    summary: 'Show a conversation with its contact',
    response: wholeConversation,
    handle: showConversation,
  },
  {
    ...common,
    path: '/parley/v1/app/conversations/:id/parts',
    summary: 'Show the parts of a conversation',
    response: threadPage,
    handle: showParts,
  },
  {
    ...common,
    path: '/parley/v1/app/conversations/:id/deliveries',
    summary: 'Show the delivery of the newest messages to the app',
    response: deliveries,
    async handle(call) {
      const found = await read(call, readDeliveries);
      return found === null
        ? fail(apiError('resourceNotFound'))
        : ok({ deliveries: presentDeliveries(found) });
    },
  },
];

/** The id of the conversation that a call names. */
export const conversationIdOf = ({ request }: Pick<AuthenticatedCall, 'request'>): number =>
  readId((request.params as { id: string }).id);

const read = <Value>(
  call: AuthenticatedCall,
  work: (connection: Connection, workspaceId: number, id: number) => Promise<Value>,
): Promise<Value> => {
  const { workspaceId } = call.principal;
  return readAs(call.dependencies.readPool, workspaceId, (connection) =>
    work(connection, workspaceId, conversationIdOf(call)),
  );
};

async function showConversation(
  call: AuthenticatedCall,
): Promise<Result<WholeConversation, ContractError>> {
  const { principal, dependencies } = call;
  const { adminId } = principal;
  const found = await read(call, async (connection, workspaceId, id) => {
    const [row] = await readInboxRows(connection, workspaceId, adminId, [id]);
    const conversation = await findConversation(connection, workspaceId, id);
    if (row === undefined || conversation === null) return null;
    const { contactId } = conversation;
    const contacts = await findContacts(connection, workspaceId, [contactId]);
    return {
      row,
      conversation,
      contact: contacts.get(contactId) ?? null,
      others: await findOthers(connection, workspaceId, row.contact?.id ?? contactId, id),
      drafts: await findDrafts(connection, workspaceId, adminId, id),
    };
  });
  if (found === null) return fail(apiError('resourceNotFound'));
  const setup = await dependencies.setups.get(principal.workspaceId);
  const { externalId, customAttributes } = found.conversation;
  return ok({
    ...presentRow(found.row, setup),
    external_id: externalId,
    custom_attributes: customAttributes,
    contact: found.contact === null ? null : presentPerson(found.contact),
    other_conversations: found.others.map(({ id, state, updatedAt, preview }) => ({
      ...{ id: String(id), state, updated_at: updatedAt, preview },
    })),
    drafts: found.drafts.map(({ kind, body, version, updatedAt }) => ({
      ...{ kind, body, version, updated_at: updatedAt },
    })),
  });
}

const presentPerson = (contact: Contact): NonNullable<WholeConversation['contact']> => ({
  id: contact.id,
  role: contact.role,
  name: contact.name,
  email: contact.email,
  external_id: contact.externalId,
  phone: contact.phone,
  custom_attributes: contact.customAttributes,
  created_at: contact.createdAt,
  last_replied_at: contact.lastRepliedAt,
  is_blocked: contact.blockedAt !== null,
});

async function showParts(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { query } = call.request;
  const bounds = { min: 0, max: POSITION_MAX };
  const before = readWholeNumber(query, 'before', bounds, null);
  if (!before.ok) return before;
  const after = readWholeNumber(query, 'after', bounds, null);
  if (!after.ok) return after;
  const limit = readWholeNumber(query, 'limit', { min: 1, max: PARTS_MAX }, PARTS_DEFAULT);
  if (!limit.ok) return limit;
  const page = { before: before.value, after: after.value, count: limit.value + 1 };
  const found = await read(call, async (connection, workspaceId, id) => {
    const conversation = await findConversation(connection, workspaceId, id);
    if (conversation === null) return null;
    const parts = await readThread(connection, workspaceId, id, page);
    const spare = Math.max(0, parts.length - limit.value);
    // The one more is the farthest.
    const shown = after.value === null ? parts.slice(spare) : parts.slice(0, limit.value);
    const asked = shown.find(({ partType }) => partType === 'quick_reply');
    const authors = shown.flatMap(({ author }) => (isContact(author.type) ? [author.id] : []));
    return {
      conversation,
      hasMore: spare > 0,
      parts: shown,
      files: await findPartFiles(connection, workspaceId, id),
      contacts: await findContacts(connection, workspaceId, [...new Set(authors)]),
      ...(asked === undefined
        ? { choices: [], lastContactPosition: 0 }
        : await findChoices(connection, workspaceId, id, asked.position)),
    };
  });
  if (found === null) return fail(apiError('resourceNotFound'));
  const setup = await call.dependencies.setups.get(call.principal.workspaceId);
  return ok({
    parts: found.parts.map((part) => presentPart(part, { ...found, setup })),
    has_more: found.hasMore,
  });
}

type Around = {
  readonly conversation: Conversation;
  readonly files: Awaited<ReturnType<typeof findPartFiles>>;
  readonly contacts: ReadonlyMap<string, Contact>;
  readonly choices: readonly Choice[];
  readonly lastContactPosition: number;
  readonly setup: Pick<WorkspaceSetup, 'admins' | 'teams'>;
};

function presentPart(part: StoredPart, around: Around): ThreadPart {
  const { setup, contacts, files } = around;
  const { author, assignedTo } = part;
  const name = isContact(author.type)
    ? (contacts.get(author.id)?.name ?? null)
    : nameOfAuthor(author, setup);
  return {
    id: String(part.id),
    position: part.position,
    kind: part.partType,
    body: part.isRedacted ? null : part.body,
    author: { type: author.type, id: author.id, name },
    at: part.createdAt,
    state: part.state,
    is_redacted: part.isRedacted,
    assigned_to: assignedTo === null ? null : presentAssignee(assignedTo, setup),
    details: part.eventDetails,
    ...presentOptions(part, around),
    attachments: (files.get(part.position) ?? []).map(presentAttachment),
  };
}

function presentAssignee(
  { type, id }: NonNullable<StoredPart['assignedTo']>,
  setup: Around['setup'],
): ThreadPart['assigned_to'] {
  const shown = { type, id: String(id) };
  return { ...shown, name: nameOfAuthor(shown, setup) };
}

type Offered = readonly { readonly uuid: string; readonly text: string }[];

function presentOptions(
  { metadata, position }: StoredPart,
  { choices, lastContactPosition, conversation }: Around,
): Pick<ThreadPart, 'options' | 'is_stale'> {
  const offered = (metadata?.['quick_reply_options'] ?? []) as unknown as Offered;
  if (offered.length === 0) return { options: [], is_stale: false };
  const ids = new Set(offered.map(({ uuid }) => uuid));
  const chosen = choices.find((one) => one.position > position && ids.has(one.optionId));
  const waiting = conversation.run?.waiting ?? null;
  const isAwaited = waiting?.for === 'quick_reply' && waiting.promptPosition === position;
  return {
    options: offered.map(({ uuid, text }) => ({
      id: uuid,
      text,
      is_chosen: uuid === chosen?.optionId,
    })),
    is_stale: !isAwaited && lastContactPosition > position,
  };
}
