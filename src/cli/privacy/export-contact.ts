// `parley export contact`: writes what Parley knows about a contact, as JSON and files, for the person to read.

import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../../base/clock.ts';
import type { Connection } from '../../database/pool.ts';
import { openFileStores } from '../../files/open-files.ts';
import { findPersons, type PersonData, readPerson } from '../../store/removal/read-person.ts';
import { readAll } from '../../store/sql/row-level-security.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { counted } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';

export const exportContact: Command = {
  name: 'export contact',
  about: 'Export what is known about a contact, as JSON and files.',
  details: [
    'Prints one JSON document, or writes it to contact.json of a new folder, with the files of the messages. Words of',
    'other contacts in shared conversations are left out. See docs/personal-data.md for the fields.',
  ].join('\n'),
  arguments: [{ name: 'contact', about: 'Its id, its external id, or its e-mail address.' }],
  options: {
    workspace: workspaceOption,
    output: { type: 'string', placeholder: 'folder', about: 'A folder to create.' },
  },
  examples: [
    'parley export contact user_001 > jane.json',
    'parley export contact jane.doe@example.com --output jane',
  ],
  remote: 'it reads the database itself',
  run: writeExport,
};

async function writeExport(call: CommandCall): Promise<number> {
  const name = call.positionals[0]!;
  const output = textOption(call, 'output');
  if (output !== undefined && existsSync(output)) {
    throw new CommandFailed(`${output} exists already: name a new folder.`, 2);
  }
  const { data, workspaceId } = await withStore('export contact', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceNameOf(call));
    const found = await readAll(pool, (connection) => readOrFail(connection, workspace.id, name));
    return { data: found, workspaceId: workspace.id };
  });
  const text = JSON.stringify(documentOf(data), null, 2);
  if (output === undefined) {
    call.print(text);
    return 0;
  }
  mkdirSync(output, { recursive: true, mode: 0o700 });
  writeFileSync(join(output, 'contact.json'), `${text}\n`, { mode: 0o600 });
  const missing = await copyFiles(data, workspaceId, join(output, 'files'));
  const counts = `${counted(data.conversations.length, 'conversation')}, ${counted(data.files.length, 'file')}`;
  if (call.isJson) call.print(JSON.stringify({ folder: resolve(output), missing_files: missing }));
  else call.print(`Exported to ${resolve(output)}: ${counts}.`);
  if (missing.length === 0) return 0;
  throw new CommandFailed(`these files are in no store: ${missing.join(', ')}`);
}

async function readOrFail(
  connection: Connection,
  workspaceId: number,
  name: string,
): Promise<PersonData> {
  const ids = await findPersons(connection, workspaceId, name);
  if (ids.length > 1) {
    throw new CommandFailed(
      `several contacts are called "${name}", name one by its id: ${ids.join(', ')}`,
    );
  }
  const data = ids.length === 0 ? null : await readPerson(connection, workspaceId, ids[0]!);
  if (data === null) throw new CommandFailed(`no contact "${name}"`);
  return data;
}

/** Puts the parts in the order in which a person reads them. */
const documentOf = (data: PersonData) => ({
  format: 'parley-contact',
  format_version: 1,
  exported_at: new Date(systemClock()).toISOString(),
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

/** Copies the bytes of the files. @returns the ids of those that are in no store. */
async function copyFiles(
  { files }: PersonData,
  workspaceId: number,
  folder: string,
): Promise<string[]> {
  const stored = files.filter(({ state }) => state === 'stored');
  if (stored.length === 0) return [];
  mkdirSync(folder, { mode: 0o700 });
  const { stores } = openFileStores(settingsOrFail());
  const missing: string[] = [];
  for (const file of stored) {
    const id = String(file['id']);
    const bytes = await stores.get(String(file['place']))?.read({ workspaceId, id }, null);
    if (bytes === null || bytes === undefined) missing.push(id);
    else await pipeline(bytes, createWriteStream(join(folder, id), { mode: 0o600 }));
  }
  return missing;
}
