// Types of subscriptions, and the ones that a contact opted out of or in to (contract D.1 and G 23). A contact's are
// changed through the engine.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId, readId } from '../../../contract/read-id.ts';
import { subscriptionTypes } from '../../../core/model/built-in.ts';
import { presentSubscriptionType } from '../../../core/presenters/subscription-type.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import {
  type AttachBody,
  attachBody,
  exampleSubscription,
  subscriptionList,
  subscriptionSchema,
} from './schema.ts';

export const subscriptionRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/subscription_types',
    operationId: 'listSubscriptionTypes',
    summary: 'List the types of subscriptions',
    tag: 'Subscriptions',
    response: subscriptionList,
    responseExample: { type: 'list', data: [exampleSubscription] },
    errors: [],
    async handle() {
      return ok({ type: 'list', data: subscriptionTypes.map(presentSubscriptionType) });
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/:id/subscriptions',
    operationId: 'listContactSubscriptions',
    summary: 'List the subscription types that are attached to a contact',
    description:
      'Opt-out types that the contact opted out of, and opt-in types that it opted in to.',
    tag: 'Contacts',
    parameters: [contactParameter],
    response: subscriptionList,
    responseExample: { type: 'list', data: [exampleSubscription] },
    errors: ['contactNotFound'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const { id } = request.params as { id: string };
      if (!isContactId(id)) return fail(apiError('contactNotFound'));
      const contact = await readAs(dependencies.readPool, workspaceId, (connection) =>
        findContact(connection, workspaceId, id),
      );
      if (contact === null) return fail(apiError('contactNotFound'));
      const attached = contact.profile.subscriptionTypeIds ?? [];
      const types = subscriptionTypes.filter((type) => attached.includes(type.id));
      return ok({ type: 'list', data: types.map(presentSubscriptionType) });
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/contacts/:id/subscriptions',
    operationId: 'attachSubscription',
    summary: 'Attach a subscription type to a contact',
    description:
      'Opts the contact out of an opt-out type, or in to an opt-in type: the consent of the type counts. ' +
      'Attaching it again changes nothing.',
    tag: 'Contacts',
    parameters: [contactParameter],
    body: attachBody,
    bodyExample: { id: '1', consent_type: 'opt_out' },
    response: subscriptionSchema,
    responseExample: exampleSubscription,
    errors: ['contactNotFound', 'resourceNotFound'],
    async handle(call) {
      const { id, consent_type: consent } = call.body as AttachBody;
      if (consent !== 'opt_in' && consent !== 'opt_out') {
        const message = 'consent_type must be opt_in or opt_out';
        return fail(apiError('parameterInvalid', 'consent_type', message));
      }
      return change(call, readId(id), true);
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'DELETE',
    path: '/contacts/:id/subscriptions/:subscription_id',
    operationId: 'detachSubscription',
    summary: 'Remove a subscription type from a contact',
    description: 'Removing one that is not attached changes nothing.',
    tag: 'Contacts',
    parameters: [
      contactParameter,
      {
        name: 'subscription_id',
        in: 'path',
        description: 'The id of the type.',
        example: '1',
      },
    ],
    response: subscriptionSchema,
    responseExample: exampleSubscription,
    errors: ['contactNotFound', 'resourceNotFound'],
    handle(call) {
      const { subscription_id: id } = call.request.params as { subscription_id: string };
      return change(call, readId(id), false);
    },
  },
];

const change = (
  call: AuthenticatedCall,
  typeId: number,
  isAttached: boolean,
): Promise<Result<object, ContractError>> =>
  orUnavailable(call, REPEATABLE, async () => {
    const { request, principal, dependencies } = call;
    const { id: contactId } = request.params as { id: string };
    const type = subscriptionTypes.find(({ id }) => id === typeId);
    if (!isContactId(contactId)) return fail(apiError('contactNotFound'));
    if (type === undefined) return fail(apiError('resourceNotFound'));
    const changed = await dependencies.engine.submit({
      kind: 'contact',
      workspaceId: principal.workspaceId,
      contactId,
      signal: {
        kind: 'contact_subscription',
        typeId,
        isAttached,
        actor: { type: 'admin', id: String(principal.adminId) },
      },
      requestId: request.id,
    });
    return changed.ok ? ok(presentSubscriptionType(type)) : changed;
  });
