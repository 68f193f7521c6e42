// `parley channel create | list | update`: the apps of a workspace and their switches.

import { commandLine } from '../../core/model/audit.ts';
import type { Channel } from '../../core/model/model.ts';
import type { Pool } from '../../database/pool.ts';
import { readBacklogs } from '../../store/outbox/backlog.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import { findSecretKey } from '../../store/secrets/secret-key.ts';
import { prepareDefaults } from '../../store/tenancy/first-start.ts';
import {
  createChannel,
  type ListedChannel,
  listChannels,
  updateChannel,
} from '../../store/tenancy/workspaces.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { helpWidth } from '../kit/help.ts';
import { printList, timeText } from '../kit/print.ts';
import { checkName } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { layOutPairs } from '../kit/table.ts';
import { withStore } from '../kit/with-database.ts';
import {
  adviceOn,
  type CallbackReport,
  callbackJson,
  callbackWord,
  reportOf,
  troubleOf,
} from './callback-state.ts';
import {
  readSwitches,
  switchJson,
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
  remote: 'it reads the database itself',
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
  remote: 'it reads the database itself',
  run: async (call) => {
    const { channels, reports } = await withStore('channel list', readChannels);
    const callbackOf = (channel: ListedChannel) =>
      reports.find(
        (report) => report.workspaceId === channel.workspaceId && report.channelId === channel.id,
      );
    printList(call, channels, {
      json: (channel) => ({
        ...channelJson(channel, channel.workspace),
        callback: callbackJson(callbackOf(channel)),
        created_at: timeText(channel.createdAt),
      }),
      headings: ['ID', 'WORKSPACE', 'NAME', 'STATE', 'SWITCHES', 'CALLBACK'],
      row: (channel) => [
        String(channel.id),
        channel.workspace,
        channel.name,
        channel.isEnabled ? 'enabled' : 'disabled',
        switchWords(channel),
        callbackWord(callbackOf(channel)),
      ],
      whenEmpty: 'No channels yet. `parley channel create` creates one.',
    });
    const ill = reports.filter((report) => troubleOf(report) !== null);
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
  remote: 'it reads the database itself',
  run: changeChannel,
};

async function readChannels(
  pool: Pool,
): Promise<{ channels: readonly ListedChannel[]; reports: readonly CallbackReport[] }> {
  const channels = await listChannels(pool);
  const { unreadable } = await findSecretKey(pool, settingsOrFail());
  const reports = (await readBacklogs(pool)).map((backlog) => reportOf(backlog, unreadable));
  return { channels, reports };
}

async function makeChannel(call: CommandCall): Promise<number> {
  const name = checkName(call.positionals[0]!, 'the name of a channel');
  const workspaceName = workspaceNameOf(call);
  const switches = readSwitches(call);
  const channel = await withStore('channel create', async (pool) => {
    await prepareDefaults(pool);
    const workspace = await workspaceOrFail(pool, workspaceName);
    return changeAudited(pool, commandLine, async (connected) => {
      const made = await createChannel(connected, workspace.id, name);
      if (made === null) {
        throw new CommandFailed(`workspace "${workspaceName}" already has a channel "${name}".`);
      }
      const isPlain = Object.keys(switches).length === 0;
      const value = isPlain ? made : await updateChannel(connected, made, switches);
      const object = { type: 'channel', id: String(value.id) } as const;
      const after = { name, ...switchJson(value) };
      const entry = { action: 'channel.created', object, relatedId: null, after } as const;
      return { value, workspaceId: workspace.id, entries: [entry] };
    });
  });
  show(call, channel, workspaceName, `Created channel "${name}" in workspace "${workspaceName}":`);
  return 0;
}

async function changeChannel(call: CommandCall): Promise<number> {
  const name = call.positionals[0]!;
  const workspaceName = workspaceNameOf(call);
  const switches = readSwitches(call);
  if (Object.keys(switches).length === 0) {
    throw new CommandFailed(
      'nothing to change: name a switch\nSee: parley channel update --help',
      2,
    );
  }
  const channel = await withStore('channel update', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    return changeAudited(pool, commandLine, async (connected) => {
      const before = await channelOrFail(connected, workspace, name);
      const value = await updateChannel(connected, before, switches);
      const entries = changeEntries(before, value);
      return { value, workspaceId: workspace.id, entries };
    });
  });
  show(call, channel, workspaceName, `Updated channel "${name}" in workspace "${workspaceName}":`);
  return 0;
}

/** The audit entry of changed switches; none if all stay. */
function changeEntries(from: Channel, to: Channel) {
  const [before, after] = [switchJson(from), switchJson(to)];
  const isChanged = (name: keyof typeof before) =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  const names = (Object.keys(before) as (keyof typeof before)[]).filter(isChanged);
  if (names.length === 0) return [];
  const object = { type: 'channel', id: String(to.id) } as const;
  const pick = (values: typeof before) =>
    Object.fromEntries(names.map((name) => [name, values[name]]));
  const changed = { before: pick(before), after: pick(after), details: { name: to.name } };
  return [{ action: 'channel.updated', object, relatedId: null, ...changed } as const];
}

function show(call: CommandCall, channel: Channel, workspaceName: string, title: string): void {
  if (call.isJson) call.print(JSON.stringify(channelJson(channel, workspaceName)));
  else {
    const rows = Object.entries(switchJson(channel)).map(
      ([name, value]) => [name, switchText(value)] as const,
    );
    call.print(`${title}\n${layOutPairs(rows, helpWidth())}`);
  }
}

const channelJson = (channel: Channel, workspace: string) => ({
  id: channel.id,
  workspace,
  name: channel.name,
  ...switchJson(channel),
});
