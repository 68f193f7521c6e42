// `parley token create | list | revoke`: the access tokens of channels. A token is printed once, never again.

import { newAccessToken } from '../../base/random.ts';
import {
  type IssuedToken,
  installToken,
  listTokens,
  revokeToken,
} from '../../store/tenancy/access.ts';
import { defaultName, fingerprint, prepareDefaults } from '../../store/tenancy/first-start.ts';
import { firstAdmin } from '../../store/tenancy/workspaces.ts';
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
  about: 'Create an access token for a channel, and print it once.',
  details: [
    'A client with the token acts for that channel, as the first admin of its workspace. Only a hash is stored, so the',
    'token cannot be shown again. Running servers accept it at once.',
  ].join('\n'),
  options: {
    workspace: workspaceOption,
    channel: { type: 'string', placeholder: 'name', about: 'The channel; "default" if omitted.' },
    name: { type: 'string', placeholder: 'text', about: 'What it is for; shown in the list.' },
  },
  examples: [
    'parley token create',
    'parley token create --channel mobile-app --name "staging server"',
    'TOKEN=$(parley token create --json | jq -r .token)',
  ],
  run: createToken,
};

export const tokenList: Command = {
  name: 'token list',
  about: 'List all issued tokens, including revoked ones.',
  details:
    'Shows the last four characters of each token, never the whole token. The last use is accurate to the minute.',
  examples: ['parley token list', 'parley token list --json'],
  run: async (call) => {
    const tokens = await withStore('token list', listTokens);
    printList(call, tokens, {
      json: tokenJson,
      headings: ['ID', 'TOKEN', 'WORKSPACE', 'CHANNEL', 'NAME', 'CREATED', 'LAST USED', 'STATE'],
      row: (token) => [
        String(token.id),
        `…${token.hint}`,
        token.workspace,
        token.channel,
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
  run: endToken,
};

async function createToken(call: CommandCall): Promise<number> {
  const workspaceName = workspaceNameOf(call);
  const channelName = textOption(call, 'channel') ?? defaultName;
  const name = checkName(textOption(call, 'name') ?? 'command line', 'the name of a token');
  const token = newAccessToken();
  const { id } = await withStore('token create', async (pool) => {
    await prepareDefaults(pool);
    const workspace = await workspaceOrFail(pool, workspaceName);
    const channel = await channelOrFail(pool, workspace, channelName);
    const admin = await firstAdmin(pool, workspace.id);
    const owner = { workspaceId: workspace.id, channelId: channel.id, adminId: admin.id };
    return installToken(pool, fingerprint(token, name), owner);
  });
  if (call.isJson) {
    const shown = { id, token, workspace: workspaceName, channel: channelName, name };
    call.print(JSON.stringify(shown));
    return 0;
  }
  call.print(
    [
      `Access token  ${token}`,
      '              shown only now; only its hash is stored',
      `Channel       "${channelName}" in workspace "${workspaceName}"`,
      `Id            ${id} (to revoke it: parley token revoke ${id})`,
    ].join('\n'),
  );
  return 0;
}

async function endToken(call: CommandCall): Promise<number> {
  const [text = ''] = call.positionals;
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new CommandFailed(`"${text}" is not a token id: \`parley token list\` shows all.`, 2);
  }
  const token = await withStore('token revoke', (pool) => revokeToken(pool, Number(text)));
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
  name: token.name,
  hint: token.hint,
  created_at: timeText(token.createdAt),
  last_used_at: token.lastUsedAt === null ? null : timeText(token.lastUsedAt),
  revoked_at: token.revokedAt === null ? null : timeText(token.revokedAt),
});
