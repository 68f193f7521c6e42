// The channels of the workspace with their switches and callbacks: list, find, create, update.

import { fail, ok, type Result } from '../base/result.ts';
import type { FieldReader } from '../base/text-files/field-reader.ts';
import * as create from '../commands/create-channel.ts';
import * as update from '../commands/update-channel.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readText } from '../contract/query-parameters.ts';
import { readId } from '../contract/read-id.ts';
import { cleanText } from '../contract/text.ts';
import type { Channel } from '../core/model/model.ts';
import { nameFault } from '../core/model/name.ts';
import { type PresentedSwitches, presentSwitches } from '../core/presenters/channel.ts';
import type { Connection } from '../database/pool.ts';
import { givenSwitches, readSwitches } from '../provisioning/read-switches.ts';
import { readBacklogsOf } from '../store/outbox/backlog.ts';
import { readCallbacks } from '../store/outbox/callback-settings.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import {
  findListedChannel,
  type ListedChannel,
  listChannels as list,
} from '../store/tenancy/channel-rows.ts';
import { type PresentedCallback, presentCallback } from './callback-view.ts';
import { readFields } from './fields.ts';
import type { List, Operation, OperationContext } from './operation.ts';
import { isoTime } from './times.ts';

export type PresentedChannel = PresentedSwitches & {
  readonly type: 'channel';
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  /** Null: it has none. */
  readonly callback: PresentedCallback | null;
  readonly created_at: string;
};

export type SwitchesBody = {
  readonly [Name in keyof PresentedSwitches]?: PresentedSwitches[Name] | null;
};
export type ChannelBody = SwitchesBody & { readonly name: string };

export const listChannels: Operation<undefined, List<PresentedChannel>> = {
  method: 'GET',
  path: '/parley/v1/channels',
  async run(context, { query }) {
    const name = readText(query, 'name');
    if (!name.ok) return name;
    const data = await readChannels(context, (connection) =>
      list(connection, context.workspaceId, name.value && cleanText(name.value)),
    );
    return ok({ type: 'list', data });
  },
};

export const findChannel: Operation<undefined, PresentedChannel> = {
  method: 'GET',
  path: '/parley/v1/channels/:id',
  run: (context, { params }) => showChannel(context, readId(params['id']!)),
};

export const createChannel: Operation<ChannelBody, PresentedChannel> = {
  method: 'POST',
  path: '/parley/v1/channels',
  async run(context, { body }) {
    const { name, ...switches } = body;
    const wanted = readFields(switches, readGiven);
    if (!wanted.ok) return wanted;
    const fault = nameFault(name);
    if (fault !== null) return fail(apiError('parameterInvalid', 'name', `name ${fault}`));
    const made = await create.createChannel(context, name, wanted.value);
    if (!made.ok) return made;
    context.services.configChanged(context.workspaceId);
    return showChannel(context, made.value);
  },
};

export const updateChannel: Operation<SwitchesBody, PresentedChannel> = {
  method: 'PUT',
  path: '/parley/v1/channels/:id',
  async run(context, { params, body }) {
    const wanted = readFields(body, readGiven);
    if (!wanted.ok) return wanted;
    const id = readId(params['id']!);
    const updated = await update.updateChannel(context, id, wanted.value);
    if (!updated.ok) return updated;
    context.services.configChanged(context.workspaceId);
    return showChannel(context, id);
  },
};

function readGiven(fields: FieldReader): Partial<Channel> {
  const switches = givenSwitches(readSwitches(fields));
  fields.reportUnknownKeys();
  return switches;
}

/** Reads a channel as the API shows it. */
export async function showChannel(
  context: OperationContext,
  id: number,
): Promise<Result<PresentedChannel, ContractError>> {
  const [channel] = await readChannels(context, async (connection) => {
    const found = await findListedChannel(connection, context.workspaceId, id);
    return found === null ? [] : [found];
  });
  return channel === undefined ? fail(apiError('channelNotFound')) : ok(channel);
}

async function readChannels(
  { workspaceId, readPool, services }: OperationContext,
  find: (connection: Connection) => Promise<readonly ListedChannel[]>,
): Promise<readonly PresentedChannel[]> {
  const { unreadable } = await services.secretKey();
  return readAs(readPool, workspaceId, async (connection) => {
    const channels = await find(connection);
    const only = channels.length === 1 ? channels[0]!.id : null;
    const rows = await readCallbacks(connection, workspaceId);
    const backlogs = await readBacklogsOf(connection, workspaceId, only);
    return channels.map((channel) => {
      const row = rows.find(({ channelId }) => channelId === channel.id);
      const backlog = backlogs.find(({ channelId }) => channelId === channel.id);
      return {
        type: 'channel',
        id: String(channel.id),
        workspace: channel.workspace,
        name: channel.name,
        ...presentSwitches(channel),
        callback:
          row === undefined || backlog === undefined
            ? null
            : presentCallback(row, backlog, unreadable),
        created_at: isoTime(channel.createdAt),
      };
    });
  });
}
