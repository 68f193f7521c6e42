// Attaches contacts to a conversation and detaches them (contract D.2), through the engine.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readId } from '../../../contract/read-id.ts';
import type { ConversationSignal } from '../../../core/conversation/signal.ts';
import {
  findContactId,
  findContactIdByEmail,
  findConversationAddress,
} from '../../../store/resources/conversation-address.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { conversationParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { changeConversation } from './change-conversation.ts';
import { type ContactKey, readContactKey } from './contact-key.ts';
import { exampleConversation } from './examples.ts';
import { conversationSchema } from './schema.ts';
import {
  type AttachBody,
  attachBody,
  type DetachBody,
  detachBody,
  withCustomers,
} from './update-schema.ts';

const common = {
  access: 'token',
  scope: 'write',
  tag: 'Conversations',
  response: withCustomers(conversationSchema),
  responseExample: {
    ...exampleConversation,
    customers: [{ type: 'contact', id: '6a11c0de000000000003e800' }],
  },
} as const;

export const participantRoutes: readonly ApiRoute[] = [
  {
    ...common,
    method: 'POST',
    path: '/conversations/:id/customers',
    operationId: 'attachContactToConversation',
    summary: 'Attach a contact to a conversation',
    description: 'Its events and replies count in the conversation from then on.',
    parameters: [conversationParameter],
    body: attachBody,
    bodyExample: { admin_id: '1', customer: { user_id: 'user_002' } },
    errors: [
      'resourceNotFound',
      'contactNotFound',
      'contactBlocked',
      'adminNotFound',
      'tooManyContacts',
    ],
    handle: attach,
  },
  {
    ...common,
    method: 'DELETE',
    path: '/conversations/:id/customers/:contact_id',
    operationId: 'detachContactFromConversation',
    summary: 'Detach a contact from a conversation',
    description: 'What the contact wrote stays. The last contact cannot be detached.',
    parameters: [
      conversationParameter,
      {
        name: 'contact_id',
        in: 'path',
        description: 'Parley’s id of the contact.',
        example: '6a11c0de000000000003e800',
      },
    ],
    body: detachBody,
    isBodyOptional: true,
    bodyExample: { admin_id: '1' },
    errors: ['resourceNotFound', 'contactNotFound', 'adminNotFound', 'lastContact'],
    handle(call) {
      const { contact_id: value } = call.request.params as { contact_id: string };
      const { workspaceId } = call.principal;
      return change(call, 'detach', (call.body as DetachBody).admin_id, () =>
        readAs(call.dependencies.readPool, workspaceId, (connection) =>
          findContactId(connection, workspaceId, { by: 'id', value }),
        ),
      );
    },
  },
];

function attach(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { admin_id: adminId, customer } = call.body as AttachBody;
  const key = readContactKey(customer);
  if (key === null) {
    const message = 'One of intercom_user_id, user_id or email is required';
    return Promise.resolve(fail(apiError('parameterRequired', 'customer', message)));
  }
  return change(call, 'attach', adminId, () => findOrCreate(call, key));
}

/** Finds the contact; creates a lead for an e-mail that no contact has, as published. Null: there is none. */
async function findOrCreate(
  { request, principal, dependencies }: AuthenticatedCall,
  { key, value }: ContactKey,
): Promise<string | null> {
  const { workspaceId, adminId } = principal;
  const found = await readAs(dependencies.readPool, workspaceId, (connection) =>
    key === 'email'
      ? findContactIdByEmail(connection, workspaceId, value)
      : findContactId(connection, workspaceId, {
          by: key === 'user_id' ? 'externalId' : 'id',
          value,
        }),
  );
  if (found !== null || key !== 'email') return found;
  const created = await dependencies.engine.submit({
    kind: 'contact',
    workspaceId,
    contactId: null,
    signal: {
      kind: 'create_contact',
      given: { role: 'lead', email: value, profile: {}, customAttributes: {} },
      actor: { type: 'admin', id: String(adminId) },
    },
    requestId: request.id,
  });
  return created.ok ? created.value.contactId : null;
}

async function change(
  call: AuthenticatedCall,
  kind: 'attach' | 'detach',
  admin: string | number | null | undefined,
  findId: () => Promise<string | null>,
): Promise<Result<object, ContractError>> {
  const { workspaceId, adminId: own } = call.principal;
  const { id } = call.request.params as { id: string };
  const adminId = (admin ?? '') === '' ? own : readId(admin!);
  const findAddress = () =>
    readAs(call.dependencies.readPool, workspaceId, (connection) =>
      findConversationAddress(connection, workspaceId, readId(id)),
    );
  const found = await orUnavailable(call, REPEATABLE, async () => {
    if ((await findAddress()) === null) return fail(apiError('resourceNotFound'));
    return ok({ contactId: await findId() });
  });
  if (!found.ok) return found;
  const { contactId } = found.value;
  const result = await changeConversation(call, async (connection) => {
    const address = await findConversationAddress(connection, workspaceId, readId(id));
    if (address === null) return fail(apiError('resourceNotFound'));
    if (contactId === null) return fail(apiError('contactNotFound', 'customer'));
    const signal: ConversationSignal = {
      kind: 'participants',
      conversationId: address.id,
      adminId,
      change: kind,
      contactId,
    };
    // A lead may have been created before: the number of effects is not the same at every try.
    return ok(kind === 'attach' ? { address, signal, isRepeatable: true } : { address, signal });
  });
  return result.ok ? ok(withCustomersOf(result.value as Shown)) : result;
}

type Shown = { readonly contacts: { readonly contacts: readonly { type: string; id: string }[] } };

const withCustomersOf = (conversation: Shown): object => ({
  ...conversation,
  customers: conversation.contacts.contacts.map(({ type, id }) => ({ type, id })),
});
