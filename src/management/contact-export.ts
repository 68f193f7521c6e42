// What is known about a contact, for the person to read.

import { systemClock } from '../base/clock.ts';
import { fail, ok } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import { readText } from '../contract/query-parameters.ts';
import { cleanText } from '../contract/text.ts';
import {
  findPersons,
  type PersonData,
  type Row,
  readPerson,
} from '../store/removal/read-person.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import type { Operation } from './operation.ts';
import { isoTime } from './times.ts';

type Rows = readonly Row[];

/** The document, its parts in the order in which a person reads them. */
export type ContactExport = {
  readonly format: 'parley-contact';
  readonly format_version: 1;
  readonly exported_at: string;
  readonly contact: Row;
  readonly merged_leads: Rows;
  readonly tags: readonly string[];
  readonly companies: Rows;
  readonly notes: Rows;
  readonly conversations: Rows;
  readonly files: Rows;
  readonly app_events: Rows;
  readonly keyed_requests: Rows;
  readonly audit: Rows;
};

export const exportContact: Operation<undefined, ContactExport> = {
  method: 'GET',
  path: '/parley/v1/contact_export',
  async run({ workspaceId, readPool }, { query }) {
    const given = readText(query, 'contact');
    if (!given.ok) return given;
    if (given.value === null) {
      return fail(apiError('parameterRequired', 'contact', 'contact is required'));
    }
    const name = cleanText(given.value);
    const { ids, data } = await readAs(readPool, workspaceId, async (connection) => {
      const found = await findPersons(connection, workspaceId, name);
      const [id] = found;
      const isOne = id !== undefined && found.length === 1;
      return { ids: found, data: isOne ? await readPerson(connection, workspaceId, id) : null };
    });
    if (ids.length > 1) {
      const words = `several contacts are called "${name}", name one by its id: ${ids.join(', ')}`;
      return fail(apiError('contactConflict', 'contact', words));
    }
    if (data === null) return fail(apiError('contactNotFound', 'contact', `no contact "${name}"`));
    return ok(documentOf(data));
  },
};

const documentOf = (data: PersonData): ContactExport => ({
  format: 'parley-contact',
  format_version: 1,
  exported_at: isoTime(systemClock()),
  contact: data.contact,
  merged_leads: data.mergedLeads,
  tags: data.tags,
  companies: data.companies,
  notes: data.notes,
  conversations: data.conversations,
  files: data.files,
  app_events: data.appEvents,
  keyed_requests: data.keyedRequests,
  audit: data.audit,
});
