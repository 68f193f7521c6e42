// `parley admin list | invite | reset | disable | enable`: the accounts of teammates in the web app. A link is printed
// once, never again.

import { newSessionToken, sha256Hex } from '../../base/random.ts';
import { isEmailAddress } from '../../contract/text.ts';
import { type AuditEntry, commandLine } from '../../core/model/audit.ts';
import { type Role, roles } from '../../core/model/rights.ts';
import type { Connection } from '../../database/pool.ts';
import { insertLink, type LinkPurpose, voidLinks } from '../../store/accounts/account-links.ts';
import { endSessions } from '../../store/accounts/sessions.ts';
import {
  hasOtherOwner,
  insertTeammate,
  listTeammates,
  lockTeammateByEmail,
  setDisabled,
  type Teammate,
} from '../../store/accounts/teammates.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import { appUrl } from '../kit/app-url.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { printList, timeText } from '../kit/print.ts';
import { checkName, choiceOption, textOption } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';

const emailArgument = { name: 'email', about: 'The e-mail address of the teammate.' };

export const adminList: Command = {
  name: 'admin list',
  about: 'List the teammates of a workspace, and who can sign in.',
  options: { workspace: workspaceOption },
  examples: ['parley admin list', 'parley admin list --workspace acme --json'],
  remote: 'it reads the database itself',
  run: async (call) => {
    const teammates = await withStore('admin list', async (pool) => {
      const { id } = await workspaceOrFail(pool, workspaceNameOf(call));
      return listTeammates(pool, id);
    });
    printList(call, teammates, {
      json: ({ id, email, name, role, hasPassword, disabledAt }) => ({
        ...{ id, email, name, role, has_password: hasPassword },
        disabled_at: disabledAt === null ? null : timeText(disabledAt),
      }),
      headings: ['ID', 'E-MAIL', 'NAME', 'ROLE', 'SIGN-IN'],
      row: (one) => [String(one.id), one.email, one.name, one.role, signInOf(one)],
      whenEmpty: 'No teammates yet. `parley admin invite` invites one.',
    });
    return 0;
  },
};

function signInOf({ hasPassword, disabledAt }: Teammate): string {
  if (disabledAt !== null) return `disabled ${timeText(disabledAt)}`;
  return hasPassword ? 'password' : 'none yet';
}

export const adminInvite: Command = {
  name: 'admin invite',
  about: 'Make a link with which a teammate sets a first password.',
  details: [
    'Creates the teammate if the workspace has none with this e-mail. The link is valid once, for 7 days; send it by a',
    'way that only the teammate reads, for Parley sends no mail. Only its hash is stored.',
  ].join('\n'),
  arguments: [emailArgument],
  options: {
    workspace: workspaceOption,
    name: { type: 'string', placeholder: 'text', about: 'The name; the e-mail if omitted.' },
    role: {
      type: 'string',
      placeholder: 'role',
      about: 'viewer, teammate, operator or owner, for a new one; "teammate" if omitted.',
    },
  },
  examples: [
    'parley admin invite anna@acme.example',
    'parley admin invite anna@acme.example --name "Anna Kern" --role operator',
  ],
  remote: 'it reads the database itself',
  run: (call) =>
    makeLink(call, 'invite', async (connection, workspaceId, email) => {
      const role: Role = choiceOption(call, 'role', roles) ?? 'teammate';
      const name = checkName(textOption(call, 'name') ?? email, '--name');
      const known = await lockTeammateByEmail(connection, workspaceId, email);
      if (known?.hasPassword) {
        const advice = `\`parley admin reset ${email}\` makes a link for a new password.`;
        throw new CommandFailed(`"${email}" has a password already: ${advice}`);
      }
      if (known !== null) return { id: known.id, change: {} };
      const id = await insertTeammate(connection, workspaceId, { name, email, role });
      return { id, change: { after: { role } } };
    }),
};

export const adminReset: Command = {
  name: 'admin reset',
  about: 'Make a link with which a teammate sets a new password.',
  details: [
    'The link is valid once, for 24 hours. The old password stays valid until the link is used; then all sessions of the',
    'teammate end. Only its hash is stored.',
  ].join('\n'),
  arguments: [emailArgument],
  options: { workspace: workspaceOption },
  examples: ['parley admin reset anna@acme.example'],
  remote: 'it reads the database itself',
  run: (call) =>
    makeLink(call, 'reset', async (connection, workspaceId, email) => {
      const { id } = await teammateOrFail(connection, workspaceId, email);
      return { id, change: {} };
    }),
};

export const adminDisable: Command = {
  name: 'admin disable',
  about: 'Sign a teammate out everywhere, for good.',
  details: [
    'Ends all sessions of the teammate, and makes links and tokens that act for the teammate alone invalid. Tokens of',
    'channels go on working. What the teammate wrote stays, and so do assignments.',
  ].join('\n'),
  arguments: [emailArgument],
  options: { workspace: workspaceOption },
  examples: ['parley admin disable anna@acme.example'],
  remote: 'it reads the database itself',
  run: (call) => setState(call, 'disable'),
};

export const adminEnable: Command = {
  name: 'admin enable',
  about: 'Let a disabled teammate sign in again.',
  arguments: [emailArgument],
  options: { workspace: workspaceOption },
  examples: ['parley admin enable anna@acme.example'],
  remote: 'it reads the database itself',
  run: (call) => setState(call, 'enable'),
};

/** Runs a change of the teammate that a call names, with its entry in the audit log. */
function changeTeammate<Value extends { readonly id: number }>(
  call: CommandCall,
  commandName: string,
  action: AuditEntry['action'],
  change: (connection: Connection, workspaceId: number, email: string) => Promise<Value>,
  stateOf: (value: Value) => Pick<AuditEntry, 'after'>,
): Promise<Value> {
  const [email = ''] = call.positionals;
  if (email === '' || !isEmailAddress(email)) {
    throw new CommandFailed(`"${email}" is not an e-mail address`, 2);
  }
  return withStore(commandName, async (pool) => {
    const { id: workspaceId } = await workspaceOrFail(pool, workspaceNameOf(call));
    return changeAudited(pool, commandLine, async (connected) => {
      const value = await change(await connected.connect(), workspaceId, email);
      const object = { type: 'admin', id: String(value.id) } as const;
      const entry = { action, object, relatedId: null, ...stateOf(value) };
      return { value, workspaceId, entries: [entry] };
    });
  });
}

type Linked = { readonly id: number; readonly change: Pick<AuditEntry, 'after'> };

async function makeLink(
  call: CommandCall,
  purpose: LinkPurpose & ('invite' | 'reset'),
  find: (connection: Connection, workspaceId: number, email: string) => Promise<Linked>,
): Promise<number> {
  const code = newSessionToken();
  const action = purpose === 'invite' ? 'admin.invited' : 'admin.reset_link_made';
  const { id, expiresAt } = await changeTeammate(
    call,
    `admin ${purpose}`,
    action,
    async (connection, workspaceId, email) => {
      const found = await find(connection, workspaceId, email);
      const link = { adminId: found.id, purpose, codeHash: sha256Hex(code) };
      return { ...found, expiresAt: await insertLink(connection, workspaceId, link) };
    },
    ({ change }) => change,
  );
  const url = appUrl(settingsOrFail(), `/app/${purpose}/${code}`);
  const until = timeText(expiresAt);
  call.print(
    call.isJson
      ? JSON.stringify({ id, email: call.positionals[0], url, expires_at: until })
      : `Link  ${url}\n      shown only now; valid once, until ${until}`,
  );
  return 0;
}

async function setState(call: CommandCall, verb: 'disable' | 'enable'): Promise<number> {
  const action = verb === 'disable' ? 'admin.disabled' : 'admin.enabled';
  const { id, name } = await changeTeammate(
    call,
    `admin ${verb}`,
    action,
    async (connection, workspaceId, email) => {
      const teammate = await teammateOrFail(connection, workspaceId, email);
      if (verb === 'enable') await setDisabled(connection, workspaceId, teammate.id, false);
      else await disable(connection, workspaceId, teammate);
      return teammate;
    },
    () => ({}),
  );
  call.print(
    call.isJson
      ? JSON.stringify({ id, email: call.positionals[0], is_disabled: verb === 'disable' })
      : `${verb === 'disable' ? 'Disabled' : 'Enabled'} ${name}.`,
  );
  return 0;
}

async function disable(
  connection: Connection,
  workspaceId: number,
  { id, email }: Teammate,
): Promise<void> {
  if (!(await hasOtherOwner(connection, workspaceId, id))) {
    throw new CommandFailed(`"${email}" is the only owner: invite another one first.`);
  }
  await setDisabled(connection, workspaceId, id, true);
  await voidLinks(connection, workspaceId, id);
  await endSessions(connection, workspaceId, id, { exceptId: null });
}

async function teammateOrFail(
  connection: Connection,
  workspaceId: number,
  email: string,
): Promise<Teammate> {
  const found = await lockTeammateByEmail(connection, workspaceId, email);
  if (found !== null) return found;
  throw new CommandFailed(`no teammate "${email}": \`parley admin list\` shows all.`);
}
