// `parley token create | list | revoke`: the access tokens of channels. A token is printed once, never again.

import { scopes as knownScopes, type Scope } from '../../core/model/rights.ts';
import {
  createToken,
  listTokens,
  type PresentedToken,
  revokeToken,
} from '../../management/tokens.ts';
import { defaultName } from '../../store/tenancy/first-start.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import { printList, shortTime } from '../kit/print.ts';
import { checkName, textOption } from '../kit/read-options.ts';
import { withManagement } from '../kit/with-management.ts';

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
  remote: true,
  run: makeToken,
};

export const tokenList: Command = {
  name: 'token list',
  about: 'List all issued tokens, including revoked ones.',
  details:
    'Shows the last four characters of each token, never the whole token. The last use is accurate to the minute.',
  examples: ['parley token list', 'parley token list --json'],
  remote: true,
  run: async (call) => {
    const lists = await withManagement('token list', call, (client) =>
      client.callInEach(listTokens, {}),
    );
    const tokens = lists.flatMap(({ data }) => data);
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
        token.id,
        `…${token.hint}`,
        token.workspace,
        token.channel ?? token.admin,
        token.scopes.join(' '),
        token.name,
        shortTime(token.created_at),
        shortTime(token.last_used_at) ?? 'never',
        token.revoked_at === null ? 'active' : `revoked ${shortTime(token.revoked_at)}`,
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
  remote: true,
  run: endToken,
};

async function makeToken(call: CommandCall): Promise<number> {
  const email = textOption(call, 'admin');
  if (email !== undefined && call.options['channel'] !== undefined) {
    throw new CommandFailed('a token acts for --channel or for --admin, not for both', 2);
  }
  const channel = email === undefined ? (textOption(call, 'channel') ?? defaultName) : null;
  const scopes = readScopes(call);
  if (channel === null && scopes?.includes('events')) {
    throw new CommandFailed('--scope events needs a channel: a token for an admin has none', 2);
  }
  const name = checkName(textOption(call, 'name') ?? 'command line', 'the name of a token');
  const body = { name, channel, admin: email ?? null, scopes };
  const made = await withManagement('token create', call, (client) =>
    client.call(createToken, { body }),
  );
  const id = Number(made.id);
  const { token, workspace, admin } = made;
  if (call.isJson) {
    const shown = {
      ...{ id, token, workspace, channel, admin },
      ...{ scopes: made.scopes, name },
    };
    call.print(JSON.stringify(shown));
    return 0;
  }
  const actsFor = channel === null ? `Admin         ${admin}` : `Channel       "${channel}"`;
  call.print(
    [
      `Access token  ${token}`,
      '              shown only now; only its hash is stored',
      `${actsFor} in workspace "${workspace}"`,
      `Scopes        ${made.scopes.join(', ')}`,
      `Id            ${id} (to revoke it: parley token revoke ${id})`,
    ].join('\n'),
  );
  return 0;
}

/** Reads `--scope`, in the order of the list of scopes; null: the usual ones. */
function readScopes(call: CommandCall): readonly Scope[] | null {
  const given = call.options['scope'];
  if (!Array.isArray(given)) return null;
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
  const token = await withManagement('token revoke', call, (client) =>
    client.callWhereFound(revokeToken, { params: { id: text } }),
  );
  call.print(
    call.isJson
      ? JSON.stringify(tokenJson(token))
      : `Revoked token ${token.id} (…${token.hint}, "${token.name}").`,
  );
  return 0;
}

const tokenJson = (token: PresentedToken) => ({
  id: Number(token.id),
  workspace: token.workspace,
  channel: token.channel,
  admin: token.admin,
  scopes: token.scopes,
  name: token.name,
  hint: token.hint,
  created_at: shortTime(token.created_at),
  last_used_at: shortTime(token.last_used_at),
  revoked_at: shortTime(token.revoked_at),
});
