// Reads contacts (contract D.1). Writes go through the engine.

import { fail, ok } from '../../../base/result.ts';
import { apiError } from '../../../contract/errors.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { isContactId } from '../../server/read-id.ts';
import type { ApiRoute } from '../../server/route.ts';
import { readContactViews } from './contact-view.ts';
import { exampleContact } from './examples.ts';
import { contactSchema } from './schema.ts';

export const contactRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    method: 'GET',
    path: '/contacts/:id',
    operationId: 'showContact',
    summary: 'Get a contact',
    tag: 'Contacts',
    parameters: [
      {
        name: 'id',
        in: 'path',
        description: 'Parley’s id of the contact: `contact_id` of a notify response.',
        example: '6a11c0de000000000003e800',
      },
    ],
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
];
