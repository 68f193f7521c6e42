// `parley token create | list | revoke`: the access tokens of channels. A token is printed once, never again.

import { newAccessToken } from '../../base/random.ts';
import { commandLine } from '../../core/model/audit.ts';
import { scopes as knownScopes, type Scope, usualScopes } from '../../core/model/rights.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import {
  findIssuedToken,
  type IssuedToken,
  installToken,
  listTokens,
  revokeToken,
} from '../../store/tenancy/access.ts';
import {
  defaultName,
  fingerprint,
  prepareDefaults,
  tokenCreated,
} from '../../store/tenancy/first-start.ts';
import { findAdminByEmail, firstAdmin } from '../../store/tenancy/workspaces.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { printList, timeText } from '../kit/print.ts';
import { checkName, textOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';

export const tokenCreate: Command = {
  name: 'token create',
  about: 'Create an access token, and print it once.',
  details: [
    'A client with the token acts for that channel, as the first admin of its workspace; with --admin, for that admin',
    'and no channel. It may do what both its scopes and the role of the admin allow: `events` reports and receives the',
    'events of the channel, `read` and `write` are for contacts and conversations, `manage` for what `parley` does.',
    'Only a hash is stored, so the token cannot be shown again. Running servers accept it at once.',
  ].join('\n'),
  options: {
    workspace: workspaceOption,
    channel: { type: 'string', placeholder: 'name', about: 'The channel; "default" if omitted.' },
    admin: {
      type: 'string',
      placeholder: 'address',
      about: 'The e-mail address of an admin, in place of a channel.',
    },
    scope: {
      type: 'string',
      placeholder: 'name',
      isList: true,
      about:
        'events, read, write or manage; may be repeated. If omitted: events, read and write; read and write for an admin.',
    },
    name: { type: 'string', placeholder: 'text', about: 'What it is for; shown in the list.' },
  },
  examples: [
    'parley token create',
    'parley token create --channel mobile-app --name "staging server"',
    'parley token create --admin jane@acme.example --scope read --scope manage',
    'TOKEN=$(parley token create --json | jq -r .token)',
  ],
  remote: 'it reads the database itself',
  run: createToken,
};

export const tokenList: Command = {
  name: 'token list',
  about: 'List all issued tokens, including revoked ones.',
  details:
    'Shows the last four characters of each token, never the whole token. The last use is accurate to the minute.',
  examples: ['parley token list', 'parley token list --json'],
  remote: 'it reads the database itself',
  run: async (call) => {
    const tokens = await withStore('token list', listTokens);
    printList(call, tokens, {
      json: tokenJson,
      headings: [
        ...[
          'ID',
          'TOKEN',
          'WORKSPACE',
          'ACTS FOR',
          'SCOPES',
          'NAME',
          'CREATED',
          'LAST USED',
          'STATE',
        ],
      ],
      row: (token) => [
        String(token.id),
        `…${token.hint}`,
        token.workspace,
        token.channel ?? token.admin,
        token.scopes.join(' '),
        token.name,
        timeText(token.createdAt),
        token.lastUsedAt === null ? 'never' : timeText(token.lastUsedAt),
        token.revokedAt === null ? 'active' : `revoked ${timeText(token.revokedAt)}`,
      ],
      whenEmpty: 'No tokens yet. `parley token create` creates one.',
    });
    return 0;
  },
};

export const tokenRevoke: Command = {
  name: 'token revoke',
  about: 'Revoke a token.',
  details: [
    'Running servers reject it within 2 seconds. It stays in the list as revoked, even when a server starts with it in',
    'PARLEY_BOOTSTRAP_TOKEN. Revoking it again changes nothing.',
  ].join('\n'),
  arguments: [{ name: 'id', about: 'The id from `parley token list`.' }],
  examples: ['parley token revoke 3'],
  remote: 'it reads the database itself',
  run: endToken,
};

async function createToken(call: CommandCall): Promise<number> {
  const workspaceName = workspaceNameOf(call);
  const email = textOption(call, 'admin');
  if (email !== undefined && call.options['channel'] !== undefined) {
    throw new CommandFailed('a token acts for --channel or for --admin, not for both', 2);
  }
  const channelName = email === undefined ? (textOption(call, 'channel') ?? defaultName) : null;
  const scopes = readScopes(call, channelName === null ? usualScopes.admin : usualScopes.channel);
  if (channelName === null && scopes.includes('events')) {
    throw new CommandFailed('--scope events needs a channel: a token for an admin has none', 2);
  }
  const name = checkName(textOption(call, 'name') ?? 'command line', 'the name of a token');
  const token = newAccessToken();
  const { id, admin } = await withStore('token create', async (pool) => {
    await prepareDefaults(pool);
    const workspace = await workspaceOrFail(pool, workspaceName);
    const channel = channelName === null ? null : await channelOrFail(pool, workspace, channelName);
    const found =
      email === undefined
        ? await firstAdmin(pool, workspace.id)
        : await findAdminByEmail(pool, workspace.id, email);
    if (found === null) {
      throw new CommandFailed(`workspace "${workspaceName}" has no admin "${email}"`);
    }
    const owner = { workspaceId: workspace.id, channelId: channel?.id ?? null, adminId: found.id };
    const made = await changeAudited(pool, commandLine, async (connected) => {
      const value = await installToken(connected, fingerprint(token, name), { ...owner, scopes });
      return {
        value,
        workspaceId: workspace.id,
        entries: [
          tokenCreated(value.id, { name, channel: channelName, adminId: found.id, scopes }),
        ],
      };
    });
    return { ...made, admin: found };
  });
  if (call.isJson) {
    const shown = {
      ...{ id, token, workspace: workspaceName, channel: channelName, admin: admin.email },
      ...{ scopes, name },
    };
    call.print(JSON.stringify(shown));
    return 0;
  }
  const actsFor =
    channelName === null ? `Admin         ${admin.email}` : `Channel       "${channelName}"`;
  call.print(
    [
      `Access token  ${token}`,
      '              shown only now; only its hash is stored',
      `${actsFor} in workspace "${workspaceName}"`,
      `Scopes        ${scopes.join(', ')}`,
      `Id            ${id} (to revoke it: parley token revoke ${id})`,
    ].join('\n'),
  );
  return 0;
}

/** Reads `--scope`, in the order of the list of scopes. */
function readScopes(call: CommandCall, usual: readonly Scope[]): readonly Scope[] {
  const given = call.options['scope'];
  if (!Array.isArray(given)) return usual;
  const unknown = given.find((one) => !(knownScopes as readonly string[]).includes(one));
  if (unknown !== undefined) {
    throw new CommandFailed(`--scope must be ${knownScopes.join(', ')}, not "${unknown}"`, 2);
  }
  return knownScopes.filter((scope) => given.includes(scope));
}

async function endToken(call: CommandCall): Promise<number> {
  const [text = ''] = call.positionals;
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new CommandFailed(`"${text}" is not a token id: \`parley token list\` shows all.`, 2);
  }
  const token = await withStore('token revoke', async (pool) => {
    const before = await findIssuedToken(pool, Number(text));
    if (before === null || before.revokedAt !== null) return before;
    return changeAudited(pool, commandLine, async (connected) => ({
      value: await revokeToken(connected, before.id),
      workspaceId: before.workspaceId,
      entries: [
        {
          action: 'token.revoked',
          object: { type: 'token', id: String(before.id) },
          relatedId: null,
          details: { name: before.name },
        },
      ],
    }));
  });
  if (token === null) {
    throw new CommandFailed(`no token ${text}: \`parley token list\` shows all.`);
  }
  call.print(
    call.isJson
      ? JSON.stringify(tokenJson(token))
      : `Revoked token ${token.id} (…${token.hint}, "${token.name}").`,
  );
  return 0;
}

const tokenJson = (token: IssuedToken) => ({
  id: token.id,
  workspace: token.workspace,
  channel: token.channel,
  admin: token.admin,
  scopes: token.scopes,
  name: token.name,
  hint: token.hint,
  created_at: timeText(token.createdAt),
  last_used_at: token.lastUsedAt === null ? null : timeText(token.lastUsedAt),
  revoked_at: token.revokedAt === null ? null : timeText(token.revokedAt),
});
