// `parley export contact`: writes what Parley knows about a contact, as JSON and files, for the person to read.

import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openFileStores } from '../../files/open-files.ts';
import { type ContactExport, exportContact as exportOne } from '../../management/contact-export.ts';
import { listWorkspaces } from '../../management/workspaces.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import { counted } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { serverUrlOf } from '../kit/server-address.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withManagement } from '../kit/with-management.ts';

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
    output: { type: 'string', placeholder: 'folder', about: 'A folder to create. Not with --url.' },
  },
  examples: [
    'parley export contact user_001 > jane.json',
    'parley export contact jane.doe@example.com --output jane',
  ],
  remote: true,
  run: writeExport,
};

async function writeExport(call: CommandCall): Promise<number> {
  const name = call.positionals[0]!;
  const output = textOption(call, 'output');
  if (output !== undefined && existsSync(output)) {
    throw new CommandFailed(`${output} exists already: name a new folder.`, 2);
  }
  if (output !== undefined && serverUrlOf(call, process.env) !== null) {
    throw new CommandFailed(
      '--output copies files, so it works only on the machine of the server, without --url',
      2,
    );
  }
  const { data, workspaceId } = await withManagement('export contact', call, async (client) => ({
    data: await client.call(exportOne, { query: { contact: name } }),
    workspaceId: Number((await client.call(listWorkspaces, {})).data[0]?.id),
  }));
  const text = JSON.stringify(data, null, 2);
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

/** Copies the bytes of the files. @returns the ids of those that are in no store. */
async function copyFiles(
  { files }: ContactExport,
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
