// Creates and updates contacts (contract D.1), through the engine.

import { fail, ok, type Result } from '../../../base/result.ts';
import { defineContactAttributes } from '../../../commands/define-attributes.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId } from '../../../contract/read-id.ts';
import type { GivenContact } from '../../../core/contact/signal.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { readContact, readNewContact } from './contact-reader.ts';
import { readContactViews } from './contact-view.ts';
import { exampleContact } from './examples.ts';
import { contactSchema } from './schema.ts';
import { submitWithEmail } from './submit-with-email.ts';
import { type ContactBody, createContactBody, updateContactBody } from './write-schema.ts';

const errors = [
  'contactConflict',
  'adminNotFound',
  'attributeValueInvalid',
  'attributesFull',
  'attributesTooLarge',
] as const;

const bodyExample = {
  role: 'user',
  external_id: 'user_001',
  email: 'jane.doe@example.com',
  name: 'Jane Doe',
};

export const contactWriteRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/contacts',
    operationId: 'createContact',
    summary: 'Create a contact',
    description:
      'A second contact with the same `external_id`, or a second user with the same `email`, is 409 `conflict`; ' +
      'the message ends with the id of the existing one.',
    tag: 'Contacts',
    body: createContactBody,
    bodyExample,
    response: contactSchema,
    responseExample: exampleContact,
    errors: [...errors],
    async handle(call) {
      const given = readNewContact(call.body as ContactBody);
      if (!given.ok) return given;
      return orUnavailable(call, mayBeCreated, () => write(call, null, given.value));
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'PUT',
    path: '/contacts/:id',
    operationId: 'updateContact',
    summary: 'Update a contact',
    description:
      'Fields that the body leaves out stay. `custom_attributes` are merged into the existing ones.',
    tag: 'Contacts',
    parameters: [contactParameter],
    body: updateContactBody,
    isBodyOptional: true,
    bodyExample: { name: 'Jane Smith', custom_attributes: { plan: 'gold' } },
    response: contactSchema,
    responseExample: { ...exampleContact, name: 'Jane Smith', custom_attributes: { plan: 'gold' } },
    errors: ['contactNotFound', ...errors],
    async handle(call) {
      const { id } = call.request.params as { id: string };
      if (!isContactId(id)) return fail(apiError('contactNotFound'));
      const given = readContact(call.body as ContactBody);
      if (!given.ok) return given;
      return orUnavailable(call, REPEATABLE, () => write(call, id, given.value));
    },
  },
];

const mayBeCreated =
  'Service temporarily unavailable, the contact may have been created: look for it before you repeat';

/** Writes a contact and returns it. @param contactId null to create one. */
async function write(
  call: AuthenticatedCall,
  contactId: string | null,
  given: GivenContact,
): Promise<Result<object, ContractError>> {
  const { request, principal, dependencies } = call;
  const { workspaceId } = principal;
  const { readPool } = dependencies;
  const setup = await dependencies.setups.get(workspaceId);
  const { ownerId } = given.profile;
  if (ownerId !== undefined && ownerId !== null && !setup.admins.has(ownerId)) {
    return fail(apiError('adminNotFound', 'owner_id'));
  }
  const actor = { type: 'admin', id: String(principal.adminId) } as const;
  const kind = contactId === null ? 'create_contact' : 'update_contact';
  const written = await submitWithEmail(async () =>
    dependencies.engine.submit({
      kind: 'contact',
      workspaceId,
      contactId,
      email: await knownEmail(call, contactId, given),
      signal: { kind, given, actor },
      requestId: request.id,
    }),
  );
  if (!written.ok) return written;
  const known = new Set(
    setup.dataAttributes.filter(({ model }) => model === 'contact').map(({ name }) => name),
  );
  await createAttributes(call, given, known);
  return readAs(readPool, workspaceId, async (connection) => {
    const contact = await findContact(connection, workspaceId, written.value.contactId);
    if (contact === null) return fail(apiError('contactNotFound'));
    const [view] = await readContactViews(connection, workspaceId, [contact]);
    return ok(view!);
  });
}

/** Finds the e-mail of a lead that becomes a user: no other user may have it. */
async function knownEmail(
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  contactId: string | null,
  given: GivenContact,
): Promise<string | null> {
  if (contactId === null || given.role !== 'user' || given.email !== undefined) return null;
  const contact = await readAs(dependencies.readPool, workspaceId, (connection) =>
    findContact(connection, workspaceId, contactId),
  );
  return contact?.role === 'lead' ? contact.email : null;
}

/** Creates data attributes for unknown names. The contact is written already, so a failure here is only logged. */
async function createAttributes(
  call: AuthenticatedCall,
  given: GivenContact,
  known: ReadonlySet<string>,
): Promise<void> {
  const unknown = Object.entries(given.customAttributes).filter(
    ([name, value]) => !known.has(name) && value !== null && value !== '',
  );
  if (unknown.length === 0) return;
  const { request, dependencies } = call;
  const { workspaceId } = call.principal;
  try {
    await defineContactAttributes(commandContextOf(call), Object.fromEntries(unknown));
    dependencies.setups.drop(workspaceId);
  } catch (error) {
    dependencies.log.warn({ err: error, requestId: request.id }, 'contact.attributes_not_created');
  }
}
