// `parley workspace create | list`: the tenants, each with its own channels, contacts and conversations.

import { defaultName, firstAdminOf } from '../../store/tenancy/first-start.ts';
import { createWorkspace, listWorkspaces } from '../../store/tenancy/workspaces.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { printList, timeText } from '../kit/print.ts';
import { checkName, textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';

export const workspaceCreate: Command = {
  name: 'workspace create',
  about: 'Make a workspace, with its first admin and a channel "default".',
  details: [
    'Workspaces share a server and nothing else. Tokens act in the name of the first admin, whom GET /me',
    'shows.',
  ].join('\n'),
  arguments: [{ name: 'name', about: 'Its name: 1 to 100 characters.' }],
  options: {
    'admin-name': {
      type: 'string',
      placeholder: 'text',
      about: 'The admin; "Admin" if not given.',
    },
    'admin-email': {
      type: 'string',
      placeholder: 'address',
      about: 'The admin\'s address; one at ".invalid" if not given.',
    },
  },
  examples: [
    'parley workspace create acme',
    'parley workspace create acme --admin-name "Jane Doe" --admin-email jane@acme.example',
  ],
  run: makeWorkspace,
};

export const workspaceList: Command = {
  name: 'workspace list',
  about: 'List the workspaces.',
  examples: ['parley workspace list', 'parley workspace list --json'],
  run: async (call) => {
    const workspaces = await withStore('workspace list', listWorkspaces);
    printList(call, workspaces, {
      json: ({ id, name, createdAt }) => ({ id, name, created_at: timeText(createdAt) }),
      headings: ['ID', 'NAME', 'CREATED'],
      row: ({ id, name, createdAt }) => [String(id), name, timeText(createdAt)],
      whenEmpty: 'There is no workspace yet. `parley workspace create` makes one.',
    });
    return 0;
  },
};

async function makeWorkspace(call: CommandCall): Promise<number> {
  const name = checkName(call.positionals[0]!, 'the name of a workspace');
  const usual = firstAdminOf(name);
  const admin = {
    name: checkName(textOption(call, 'admin-name') ?? usual.name, '--admin-name'),
    email: checkEmail(textOption(call, 'admin-email') ?? usual.email),
  };
  const made = await withStore('workspace create', async (pool) => {
    const workspace = await createWorkspace(pool, name, admin, defaultName);
    if (workspace === null) throw new CommandFailed(`there is a workspace "${name}" already.`);
    return workspace;
  });
  if (call.isJson) {
    const { id, createdAt } = made;
    const shown = { id, name, channel: defaultName, admin, created_at: timeText(createdAt) };
    call.print(JSON.stringify(shown));
    return 0;
  }
  call.print(
    [
      `Workspace "${name}" is made, with the admin ${admin.name} <${admin.email}> and the channel "${defaultName}".`,
      `An access token for it: parley token create --workspace ${shellWord(name)}`,
    ].join('\n'),
  );
  return 0;
}

function checkEmail(text: string): string {
  checkName(text, '--admin-email');
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return text;
  throw new CommandFailed(
    `--admin-email must be an address such as jane@acme.example, not "${text}"`,
    2,
  );
}

/** The name as it can be pasted into a shell. */
const shellWord = (text: string): string =>
  /^[\w.@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
