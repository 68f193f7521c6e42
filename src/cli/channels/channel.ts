// `parley channel create | list | update`: the apps of a workspace and their switches.

import {
  createChannel,
  listChannels,
  type PresentedChannel,
  updateChannel,
} from '../../management/channels.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { findChannelOrFail, workspaceOption } from '../kit/find-or-fail.ts';
import { helpWidth } from '../kit/help.ts';
import { printList, shortTime } from '../kit/print.ts';
import { checkName } from '../kit/read-options.ts';
import { layOutPairs } from '../kit/table.ts';
import { withManagement } from '../kit/with-management.ts';
import { adviceOn, callbackJson, callbackWord, reportFrom, troubleOf } from './callback-state.ts';
import {
  readSwitches,
  switchesOf,
  switchOptions,
  switchText,
  switchWords,
} from './channel-switches.ts';

export const channelCreate: Command = {
  name: 'channel create',
  about: 'Create a channel: one app of a workspace.',
  details: [
    'External conversation ids belong to a channel, contacts to the whole workspace. Each channel has its own tokens:',
    '`parley token create --channel <name>`.',
  ].join('\n'),
  arguments: [{ name: 'name', about: 'The name, unique in the workspace: 1 to 100 characters.' }],
  options: { workspace: workspaceOption, ...switchOptions },
  examples: [
    'parley channel create mobile-app',
    'parley channel create kiosk --require-user-identity off --auto-create-conversation on',
  ],
  remote: true,
  run: makeChannel,
};

export const channelList: Command = {
  name: 'channel list',
  about: 'List the channels of all workspaces, with their switches and callback status.',
  details: [
    'A callback is failing after three failures in a row, disabled after the app responds with 410, and locked when its',
    'sealed secrets cannot be opened. Its events then wait; the lines below the table show how many, since when, and the next try.',
  ].join('\n'),
  examples: ['parley channel list', 'parley channel list --json'],
  remote: true,
  run: async (call) => {
    const lists = await withManagement('channel list', call, (client) =>
      client.callInEach(listChannels, {}),
    );
    const channels = lists.flatMap(({ data }) => data);
    printList(call, channels, {
      json: (channel) => ({
        ...channelJson(channel),
        callback: callbackJson(reportFrom(channel)),
        created_at: shortTime(channel.created_at),
      }),
      headings: ['ID', 'WORKSPACE', 'NAME', 'STATE', 'SWITCHES', 'CALLBACK'],
      row: (channel) => [
        channel.id,
        channel.workspace,
        channel.name,
        channel.enabled ? 'enabled' : 'disabled',
        switchWords(channel),
        callbackWord(reportFrom(channel)),
      ],
      whenEmpty: 'No channels yet. `parley channel create` creates one.',
    });
    const ill = channels
      .map(reportFrom)
      .filter((report) => report !== undefined)
      .filter((report) => troubleOf(report) !== null);
    if (!call.isJson && ill.length > 0) {
      const advice = new Set(ill.map((report) => adviceOn(report)!));
      call.print(['', ...ill.map((report) => troubleOf(report)!), ...advice].join('\n'));
    }
    return 0;
  },
};

export const channelUpdate: Command = {
  name: 'channel update',
  about: "Change a channel's switches.",
  details: 'Other switches stay as they are. Running servers follow within 2 seconds.',
  arguments: [{ name: 'name', about: 'The channel.' }],
  options: { workspace: workspaceOption, ...switchOptions },
  examples: [
    'parley channel update default --disabled',
    'parley channel update kiosk --unknown-attribute reject --strict-version on',
  ],
  remote: true,
  run: changeChannel,
};

async function makeChannel(call: CommandCall): Promise<number> {
  const name = checkName(call.positionals[0]!, 'the name of a channel');
  const body = { name, ...readSwitches(call) };
  const channel = await withManagement('channel create', call, (client) =>
    client.call(createChannel, { body }),
  );
  show(call, channel, 'Created');
  return 0;
}

async function changeChannel(call: CommandCall): Promise<number> {
  const name = call.positionals[0]!;
  const body = readSwitches(call);
  if (Object.keys(body).length === 0) {
    throw new CommandFailed(
      'nothing to change: name a switch\nSee: parley channel update --help',
      2,
    );
  }
  const channel = await withManagement('channel update', call, async (client) => {
    const { id } = await findChannelOrFail(client, name);
    return client.call(updateChannel, { params: { id }, body });
  });
  show(call, channel, 'Updated');
  return 0;
}

function show(call: CommandCall, channel: PresentedChannel, verb: string): void {
  if (call.isJson) {
    call.print(JSON.stringify(channelJson(channel)));
    return;
  }
  const rows = Object.entries(switchesOf(channel)).map(
    ([name, value]) => [name, switchText(value)] as const,
  );
  const title = `${verb} channel "${channel.name}" in workspace "${channel.workspace}":`;
  call.print(`${title}\n${layOutPairs(rows, helpWidth())}`);
}

const channelJson = (channel: PresentedChannel) => ({
  id: Number(channel.id),
  workspace: channel.workspace,
  name: channel.name,
  ...switchesOf(channel),
});
