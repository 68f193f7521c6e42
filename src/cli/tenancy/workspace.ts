// `parley workspace create | list`: the tenants, each with its own channels, contacts and conversations.

import { commandLine } from '../../core/model/audit.ts';
import { listWorkspaces } from '../../management/workspaces.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import { defaultName, firstAdminOf } from '../../store/tenancy/first-start.ts';
import { createWorkspace } from '../../store/tenancy/workspaces.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { printList, shortTime, timeText } from '../kit/print.ts';
import { checkName, textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';
import { withManagement } from '../kit/with-management.ts';

export const workspaceCreate: Command = {
  name: 'workspace create',
  about: 'Create a workspace, with its first admin and a channel "default".',
  details: [
    'Workspaces share a server and nothing else. Tokens act as the first admin, whom GET /me shows.',
  ].join('\n'),
  arguments: [{ name: 'name', about: 'The name: 1 to 100 characters.' }],
  options: {
    'admin-name': {
      type: 'string',
      placeholder: 'text',
      about: 'The name of the admin; "Admin" if omitted.',
    },
    'admin-email': {
      type: 'string',
      placeholder: 'address',
      about: 'The email of the admin; one at ".invalid" if omitted.',
    },
  },
  examples: [
    'parley workspace create acme',
    'parley workspace create acme --admin-name "Jane Doe" --admin-email jane@acme.example',
  ],
  remote: 'a token belongs to one workspace and makes no other',
  run: makeWorkspace,
};

export const workspaceList: Command = {
  name: 'workspace list',
  about: 'List the workspaces.',
  examples: ['parley workspace list', 'parley workspace list --json'],
  remote: true,
  run: async (call) => {
    const lists = await withManagement('workspace list', call, (client) =>
      client.callInEach(listWorkspaces, {}),
    );
    const workspaces = lists.flatMap(({ data }) => data);
    printList(call, workspaces, {
      json: (one) => ({
        id: Number(one.id),
        name: one.name,
        created_at: shortTime(one.created_at),
      }),
      headings: ['ID', 'NAME', 'CREATED'],
      row: (one) => [one.id, one.name, shortTime(one.created_at)],
      whenEmpty: 'No workspaces yet. `parley workspace create` creates one.',
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
    return changeAudited(pool, commandLine, async (connected) => {
      const workspace = await createWorkspace(connected, name, admin, defaultName);
      if (workspace === null) throw new CommandFailed(`a workspace "${name}" already exists.`);
      const object = { type: 'workspace', id: String(workspace.id) } as const;
      return {
        value: workspace,
        workspaceId: workspace.id,
        entries: [{ action: 'workspace.created', object, relatedId: null, after: { name } }],
      };
    });
  });
  if (call.isJson) {
    const { id, createdAt } = made;
    const shown = { id, name, channel: defaultName, admin, created_at: timeText(createdAt) };
    call.print(JSON.stringify(shown));
    return 0;
  }
  call.print(
    [
      `Created workspace "${name}" with admin ${admin.name} <${admin.email}> and channel "${defaultName}".`,
      `To create an access token: parley token create --workspace ${shellWord(name)}`,
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

/** Quotes a name for a shell. */
const shellWord = (text: string): string =>
  /^[\w.@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
