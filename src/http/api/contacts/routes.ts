// Reads contacts (contract D.1). Writes go through the engine.

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { isContactId } from '../../../contract/read-id.ts';
import { isExternalId } from '../../../contract/schema-pieces.ts';
import { findContact, findUserByExternalId } from '../../../store/resources/contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute } from '../../server/route.ts';
import { readContactViews } from './contact-view.ts';
import { exampleContact } from './examples.ts';
import { contactSchema } from './schema.ts';

export const contactRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/:id',
    operationId: 'showContact',
    summary: 'Get a contact',
    tag: 'Contacts',
    parameters: [contactParameter],
    response: contactSchema,
    responseExample: exampleContact,
    errors: ['contactNotFound'],
    async handle({ request, principal, dependencies }) {
      const { id } = request.params as { id: string };
      if (!isContactId(id)) return fail(apiError('contactNotFound'));
      const { workspaceId } = principal;
      return readAs(dependencies.readPool, workspaceId, async (connection) => {
        const contact = await findContact(connection, workspaceId, id);
        if (contact === null) return fail(apiError('contactNotFound'));
        const [view] = await readContactViews(connection, workspaceId, [contact]);
        return ok(view!);
      });
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/find_by_external_id/:external_id',
    operationId: 'showContactByExternalId',
    summary: 'Get a user by your own id',
    description: 'Finds users only: a lead is 404.',
    tag: 'Contacts',
    parameters: [
      {
        name: 'external_id',
        in: 'path',
        description: 'Your id of the user, percent-encoded.',
        example: 'user_001',
      },
    ],
    response: contactSchema,
    responseExample: exampleContact,
    errors: ['contactNotFound'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const { external_id: externalId } = request.params as { external_id: string };
      if (!isExternalId(externalId)) return fail(apiError('contactNotFound'));
      return readAs(dependencies.readPool, workspaceId, async (connection) => {
        const user = await findUserByExternalId(connection, workspaceId, externalId);
        if (user === null) return fail(apiError('contactNotFound'));
        const [view] = await readContactViews(connection, workspaceId, [user]);
        return ok(view!);
      });
    },
  },
];
