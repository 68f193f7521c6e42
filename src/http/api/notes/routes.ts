// Notes about contacts: list, create, find (contract D.1).

import { fail, ok, type Result } from '../../../base/result.ts';
import { createNote } from '../../../commands/create-note.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { isContactId, readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import { presentNote } from '../../../core/presenters/note.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { findNote, findNoteLists, listNotes } from '../../../store/resources/notes.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable } from '../../server/database-unavailable.ts';
import {
  pageNumberParameters,
  presentPageNumber,
  readPageNumber,
  rowsOf,
} from '../../server/paging.ts';
import { contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { exampleNote } from './examples.ts';
import { sanitizeNote } from './note-html.ts';
import { type CreateNoteBody, createNoteBody, noteList, noteSchema } from './schema.ts';

const PER_PAGE = 50;

export const noteRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/:id/notes',
    operationId: 'listNotes',
    summary: 'List the notes about a contact',
    description: 'Newest first.',
    tag: 'Notes',
    parameters: [contactParameter, ...pageNumberParameters(PER_PAGE)],
    response: noteList,
    responseExample: {
      type: 'list',
      data: [exampleNote],
      total_count: 1,
      pages: { type: 'pages', next: null, page: 1, per_page: 50, total_pages: 1 },
    },
    errors: ['contactNotFound', 'parameterInvalid'],
    handle: list,
  },
  {
    access: 'token',
    scope: 'write',
    role: 'viewer',
    method: 'POST',
    path: '/contacts/:id/notes',
    operationId: 'createNote',
    summary: 'Write a note about a contact',
    description: 'Only teammates see it.',
    tag: 'Notes',
    parameters: [contactParameter],
    body: createNoteBody,
    bodyExample: { body: 'Prefers to be called.', admin_id: '1' },
    response: noteSchema,
    responseExample: exampleNote,
    errors: ['contactNotFound', 'adminNotFound'],
    handle: (call) => orUnavailable(call, mayBeWritten, () => create(call)),
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/notes/:id',
    operationId: 'retrieveNote',
    summary: 'Get a note',
    tag: 'Notes',
    parameters: [
      { name: 'id', in: 'path', description: 'The id of the note.', example: exampleNote.id },
    ],
    response: noteSchema,
    responseExample: exampleNote,
    errors: ['resourceNotFound'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const { id } = request.params as { id: string };
      const note = await readAs(dependencies.readPool, workspaceId, (connection) =>
        findNote(connection, workspaceId, readId(id)),
      );
      if (note === null) return fail(apiError('resourceNotFound'));
      const { admins, teams } = await dependencies.setups.get(workspaceId);
      return ok(presentNote(note, admins, teams));
    },
  },
];

const mayBeWritten =
  'Service temporarily unavailable, the note may have been written: list the notes before you repeat';

const contactIdOf = ({ request }: AuthenticatedCall): string =>
  (request.params as { id: string }).id;

async function list(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { request, principal, dependencies } = call;
  const { workspaceId } = principal;
  const id = contactIdOf(call);
  if (!isContactId(id)) return fail(apiError('contactNotFound'));
  const page = readPageNumber(request.query as object, PER_PAGE);
  if (!page.ok) return page;
  const found = await readAs(dependencies.readPool, workspaceId, async (connection) => {
    const contact = await findContact(connection, workspaceId, id);
    if (contact === null) return null;
    const notes = await listNotes(connection, workspaceId, id, rowsOf(page.value));
    const lists = await findNoteLists(connection, workspaceId, [id], 1);
    return { notes, total: lists.get(id)?.count ?? 0 };
  });
  if (found === null) return fail(apiError('contactNotFound'));
  const { admins, teams } = await dependencies.setups.get(workspaceId);
  return ok({
    type: 'list',
    data: found.notes.map((note) => presentNote(note, admins, teams)),
    total_count: found.total,
    pages: presentPageNumber(page.value, found.total),
  });
}

async function create(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { principal, dependencies } = call;
  const { workspaceId } = principal;
  const contactId = contactIdOf(call);
  if (!isContactId(contactId)) return fail(apiError('contactNotFound'));
  const { body, admin_id: given } = call.body as CreateNoteBody;
  const { admins, teams } = await dependencies.setups.get(workspaceId);
  const adminId = given === undefined || given === null ? principal.adminId : readId(given);
  if (!admins.has(adminId)) return fail(apiError('adminNotFound', 'admin_id'));
  const html = sanitizeNote(cleanText(body));
  if (html === '') {
    return fail(apiError('parameterRequired', 'body', 'body has no text that may be shown'));
  }
  const note = await createNote(commandContextOf(call), { contactId, adminId, body: html });
  return note.ok ? ok(presentNote(note.value, admins, teams)) : note;
}
