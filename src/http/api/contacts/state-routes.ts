// Archives, unarchives, blocks and deletes contacts, and merges leads into users (contract D.1), through the engine.

import { limits } from '../../../base/limits.ts';
import { newUniqueName } from '../../../base/random.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId } from '../../../contract/read-id.ts';
import type { ContactSignal } from '../../../core/contact/signal.ts';
import { goneId, isGoneId } from '../../../core/conversation/made-up-id.ts';
import type { Contact } from '../../../core/model/model.ts';
import { findContact, findContactEnd } from '../../../store/resources/contacts.ts';
import {
  type ConversationAddress,
  findConversationAddresses,
} from '../../../store/resources/conversation-address.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { changeAll } from '../../server/change-all.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { readContactViews } from './contact-view.ts';
import { exampleContact } from './examples.ts';
import { contactSchema } from './schema.ts';
import { submitWithEmail } from './submit-with-email.ts';
import {
  archivedContact,
  blockedContact,
  deletedContact,
  type MergeContactsBody,
  mergeContactsBody,
} from './write-schema.ts';

const exampleReference = { type: 'contact', id: exampleContact.id, external_id: 'user_001' };

const common = {
  access: 'token',
  scope: 'write',
  tag: 'Contacts',
  parameters: [contactParameter],
} as const;

export const contactStateRoutes: readonly ApiRoute[] = [
  {
    ...common,
    method: 'POST',
    path: '/contacts/:id/archive',
    operationId: 'archiveContact',
    summary: 'Archive a contact',
    description: 'The next event of the app unarchives the contact.',
    response: archivedContact,
    responseExample: { ...exampleReference, archived: true },
    errors: ['contactNotFound'],
    handle: (call) => changeState(call, 'archive_contact', { archived: true }),
  },
  {
    ...common,
    method: 'POST',
    path: '/contacts/:id/unarchive',
    operationId: 'unarchiveContact',
    summary: 'Unarchive a contact',
    description: 'A contact that is not archived stays as it is.',
    response: archivedContact,
    responseExample: { ...exampleReference, archived: false },
    errors: ['contactNotFound', 'contactBlocked'],
    handle: (call) => changeState(call, 'unarchive_contact', { archived: false }),
  },
  {
    ...common,
    method: 'POST',
    path: '/contacts/:id/block',
    operationId: 'blockContact',
    summary: 'Block a contact',
    description:
      'The conversations of the contact are closed unless others take part, and events of the app in its name are ' +
      'rejected.',
    response: blockedContact,
    responseExample: { ...exampleReference, blocked: true },
    errors: ['contactNotFound'],
    handle: (call) => changeState(call, 'block_contact', { blocked: true }),
  },
  {
    ...common,
    method: 'DELETE',
    path: '/contacts/:id',
    operationId: 'deleteContact',
    summary: 'Delete a contact',
    description:
      'The conversations of the contact are closed unless others take part, and their external ids are free. So is ' +
      'its `external_id`: the next event with it creates a new contact. A minute later all data of the ' +
      'contact begins to be removed, with the conversations in which no other contact takes part.',
    response: deletedContact,
    responseExample: { ...exampleReference, deleted: true },
    errors: ['contactNotFound'],
    handle: (call) => changeState(call, 'delete_contact', { deleted: true }),
  },
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/contacts/merge',
    operationId: 'mergeContact',
    summary: 'Merge a lead into a user',
    description:
      'The user keeps its fields, and gets the conversations, notes and tags of the lead, and the fields that only ' +
      'the lead had. The lead no longer exists: its `external_id` leads to the user. The app gets `contact_merged` ' +
      'in each conversation of the lead. Neither may be blocked.',
    tag: 'Contacts',
    body: mergeContactsBody,
    bodyExample: { from: '6a11c0de000000000002e700', into: exampleContact.id },
    response: contactSchema,
    responseExample: exampleContact,
    errors: ['contactNotFound', 'contactBlocked'],
    handle: (call) => orUnavailable(call, REPEATABLE, () => merge(call)),
  },
];

type EndingKind = 'block_contact' | 'delete_contact';
type StateKind = 'archive_contact' | 'unarchive_contact' | EndingKind;

/** The conversations that change with the contact. */
const conversationsOf = {
  archive_contact: 'none',
  unarchive_contact: 'none',
  block_contact: 'open',
  delete_contact: 'all',
} as const;

const actorOf = ({ principal }: AuthenticatedCall) =>
  ({ type: 'admin', id: String(principal.adminId) }) as const;

const changeState = (
  call: AuthenticatedCall,
  kind: StateKind,
  state: object,
): Promise<Result<object, ContractError>> =>
  orUnavailable(call, REPEATABLE, async () => {
    const { id } = call.request.params as { id: string };
    if (!isContactId(id)) return fail(apiError('contactNotFound'));
    // The signal checks whether the contact exists: this may be the repeat of a deletion.
    const { contact, addresses } = await read(call, id, conversationsOf[kind]);
    const done = await submit(call, id, { kind, actor: actorOf(call) }, firstOf(addresses));
    if (kind === 'block_contact' || kind === 'delete_contact') {
      const left = await leaveRest(call, id, kind, done);
      if (!left.ok) return left;
    }
    if (!done.ok) return done;
    return ok({ type: 'contact', id, external_id: contact?.externalId ?? null, ...state });
  });

async function merge(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const body = call.body as MergeContactsBody;
  const from = String(body.from);
  const into = String(body.into);
  const { workspaceId } = call.principal;
  if (!isContactId(from)) return fail(apiError('contactNotFound', 'from'));
  if (!isContactId(into)) return fail(apiError('contactNotFound', 'into'));
  const signal = { kind: 'merge_contact', intoId: into, actor: actorOf(call) } as const;
  const merged = await submitWithEmail(async () => {
    const { contact: lead, addresses } = await read(call, from, 'all');
    return submit(call, from, signal, firstOf(addresses), lead?.email ?? null);
  });
  const moved = await moveRest(call, from);
  if (!moved.ok) return moved;
  if (!merged.ok) return merged;
  return readAs(call.dependencies.readPool, workspaceId, async (connection) => {
    const user = await findContact(connection, workspaceId, merged.value.contactId);
    if (user === null) return fail(apiError('contactNotFound', 'into'));
    const [view] = await readContactViews(connection, workspaceId, [user]);
    return ok(view!);
  });
}

type Found = {
  readonly contact: Contact | null;
  readonly addresses: readonly ConversationAddress[];
};

/** Reads a contact, and the conversations that change with it. */
const read = (
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  id: string,
  conversations: 'all' | 'open' | 'none',
): Promise<Found> =>
  readAs(dependencies.readPool, workspaceId, async (connection) => ({
    contact: await findContact(connection, workspaceId, id),
    addresses:
      conversations === 'none'
        ? []
        : await findConversationAddresses(connection, workspaceId, id, conversations === 'all'),
  }));

/** Limits the conversations that change in one step with the contact. */
const firstOf = (addresses: readonly ConversationAddress[]): readonly ConversationAddress[] =>
  addresses.slice(0, limits.conversationsWithContactMax);

const submit = (
  { request, principal, dependencies }: AuthenticatedCall,
  contactId: string,
  signal: ContactSignal,
  conversations: readonly ConversationAddress[],
  email: string | null = null,
) =>
  dependencies.engine.submit({
    kind: 'contact',
    workspaceId: principal.workspaceId,
    contactId,
    email,
    conversations: conversations.map(({ channelId, externalId }) => ({ channelId, externalId })),
    signal,
    requestId: request.id,
  });

/**
 * Ends the contact's part in the conversations that the signal left: those beyond the first ones, those that began
 * beside it, and those that a server left which died between.
 */
async function leaveRest(
  call: AuthenticatedCall,
  contactId: string,
  kind: EndingKind,
  done: Result<unknown, ContractError>,
): Promise<Result<null, ContractError>> {
  const { end, addresses } = await readRest(call, contactId, conversationsOf[kind]);
  if (!done.ok && !end?.isDeleted) return ok(null);
  const rest = addresses.filter(({ externalId }) => !isGoneId(externalId));
  return changeAll(call, rest, (conversationId) => ({
    kind: 'contact_gone',
    conversationId,
    adminId: call.principal.adminId,
    contactId,
    newExternalId: kind === 'delete_contact' ? goneId(newUniqueName()) : null,
  }));
}

/** Moves the conversations that the merge left with the lead to the user. */
async function moveRest(
  call: AuthenticatedCall,
  leadId: string,
): Promise<Result<null, ContractError>> {
  const { end, addresses } = await readRest(call, leadId, 'all');
  const intoId = end?.mergedInto ?? null;
  if (end === null || intoId === null) return ok(null);
  return changeAll(call, addresses, (conversationId) => ({
    kind: 'contact_merged',
    conversationId,
    from: { id: leadId, externalId: end.externalId },
    intoId,
    isFirstOfChannel: false,
  }));
}

const readRest = (
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  id: string,
  conversations: 'all' | 'open',
) =>
  readAs(dependencies.readPool, workspaceId, async (connection) => ({
    end: await findContactEnd(connection, workspaceId, id),
    addresses: await findConversationAddresses(
      connection,
      workspaceId,
      id,
      conversations === 'all',
    ),
  }));
