// `parley events send-now`: makes waiting events due at once, when the app is back after an outage. The servers send
// them.

import { commandLine } from '../../core/model/audit.ts';
import type { Pool } from '../../database/pool.ts';
import { findChannelOfConversation, findDeliveryState } from '../../store/outbox/due-now.ts';
import {
  type RecordRequest,
  type SendNowRequest,
  type SendNowResult,
  sendEventsNow,
} from '../../store/outbox/send-now.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import type { UnreadableValue } from '../../store/secrets/sealed-values.ts';
import { findSecretKey } from '../../store/secrets/secret-key.ts';
import { adviceOn, reportOf, troubleOf } from '../channels/callback-state.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { counted } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';
import { readEventKey } from './events-show.ts';
import { readConversation } from './events-tail.ts';

export const eventsSendNow: Command = {
  name: 'events send-now',
  about: 'Send waiting events now: an event, a conversation, or a channel.',
  details: [
    'After an outage events wait up to a day for their next attempt. This makes them due at once. Each conversation',
    'keeps its order: earlier events are sent first. The retry schedule starts over. Running servers start within a',
    'second.',
  ].join('\n'),
  arguments: [{ name: 'event_id', about: 'The events.', isList: true }],
  options: {
    workspace: workspaceOption,
    conversation: { type: 'string', placeholder: 'id', about: 'All events of this conversation.' },
    channel: { type: 'string', placeholder: 'name', about: 'All events of this channel.' },
  },
  examples: [
    'parley events send-now --channel mobile-app',
    'parley events send-now --conversation 256257',
    'parley events send-now 01a1ee87-3200-7000-8000-007d20200001',
  ],
  remote: 'it reads the database itself',
  run: sendNow,
};

async function sendNow(call: CommandCall): Promise<number> {
  const channel = textOption(call, 'channel');
  const conversationId = readConversation(textOption(call, 'conversation'));
  const ids = call.positionals;
  const named = [ids.length > 0, channel !== undefined, conversationId !== null];
  if (named.filter(Boolean).length !== 1) {
    throw new CommandFailed(
      'name events, or one of --conversation and --channel\nSee: parley events send-now --help',
      2,
    );
  }
  const keys = ids.map(readEventKey);
  const workspaceName = workspaceNameOf(call);
  const { found, unreadable } = await withStore('events send-now', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    const workspaceId = workspace.id;
    const wishes: SendNowRequest[] = [];
    if (channel !== undefined) {
      const { id: channelId } = await channelOrFail(pool, workspace, channel);
      wishes.push({ workspaceId, channelId, what: 'channel' });
    }
    if (conversationId !== null) {
      const channelId = await findChannelOfConversation(pool, workspaceId, conversationId);
      if (channelId === null) {
        throw new CommandFailed(
          `workspace "${workspaceName}" has no conversation ${conversationId}.`,
        );
      }
      wishes.push({ workspaceId, channelId, what: 'conversation', conversationId });
    }
    for (const [index, key] of keys.entries()) {
      const standing = await findDeliveryState(pool, workspaceId, key.conversationId, key.sequence);
      const id = ids[index]!.replace(/^notif_/, '');
      if (standing === null) throw noEvent(workspaceName, id);
      wishes.push({ workspaceId, channelId: standing.channelId, what: 'event', key, eventId: id });
    }
    const { unreadable: locked } = await findSecretKey(pool, settingsOrFail());
    return { found: await sendAllNow(pool, wishes, workspaceName), unreadable: locked };
  });
  show(call, found, unreadable);
  return 0;
}

const noEvent = (workspace: string, id: string) =>
  new CommandFailed(`workspace "${workspace}" has no event ${id}.`);

type Found = { readonly wish: SendNowRequest; readonly result: SendNowResult };

async function sendAllNow(
  pool: Pool,
  wishes: readonly SendNowRequest[],
  workspace: string,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const wish of wishes) {
    const record: RecordRequest = (entry) =>
      changeAudited(pool, commandLine, async () => ({
        value: null,
        workspaceId: wish.workspaceId,
        entries: [entry],
      }));
    const result = await sendEventsNow(pool, record, wish);
    if (result === null) throw noEvent(workspace, wish.what === 'event' ? wish.eventId : '');
    found.push({ wish, result });
  }
  return found;
}

function show(
  call: CommandCall,
  found: readonly Found[],
  unreadable: readonly UnreadableValue[],
): void {
  const sum = (of: (result: SendNowResult) => number) =>
    found.reduce((total, { result }) => total + of(result), 0);
  const conversations = sum(({ madeDue }) => madeDue);
  const events = sum((result) => result.events);
  const inFlight = sum((result) => result.inFlight);
  const states = found.flatMap(({ wish, result: { eventState } }) =>
    wish.what === 'event' ? [{ event_id: wish.eventId, state: eventState }] : [],
  );
  const reports = new Map(
    found.flatMap(({ wish, result: { backlog } }) =>
      backlog === null ? [] : [[wish.channelId, reportOf(backlog, unreadable)] as const],
    ),
  );
  const callbacks = [...reports.values()];
  if (call.isJson) {
    const shown = { conversations, events, under_way: inFlight, event_states: states };
    const about = callbacks.map(({ channel, state }) => ({ channel, state }));
    call.print(JSON.stringify({ ...shown, callbacks: about }));
    return;
  }
  const lines = [
    `Due now: ${counted(events, 'waiting event')} in ${counted(conversations, 'conversation')}.`,
  ];
  if (inFlight > 0) {
    lines.push(`In flight or due already: ${counted(inFlight, 'conversation')}.`);
  }
  for (const { event_id: id, state } of states) {
    const said = state === null ? undefined : sentences[state];
    if (said !== undefined) lines.push(`${id}: ${said}`);
  }
  for (const { wish, result } of found) {
    if (result.backlog !== null) continue;
    lines.push(
      `Channel ${wish.channelId} has no callback: clients read its events by stream or polling.`,
    );
    break;
  }
  for (const report of callbacks) {
    if (report.state === 'failing') {
      lines.push(`The callback of channel "${report.channel}" is failing: ${report.reason}.`);
    } else if (report.state !== 'healthy') {
      lines.push(`${troubleOf(report)} ${adviceOn(report)}`);
    }
  }
  call.print(lines.join('\n'));
}

/** Advice on an event that does not wait. */
const sentences: Readonly<Record<string, string>> = {
  delivered: 'already delivered; `parley events resend` sends it again.',
  given_up: 'a dead letter; `parley dead-letters resend` sends it again.',
  discarded: 'a discarded dead letter; `parley events resend` sends it again.',
  kept: 'not for a callback: clients read it by stream or polling.',
};
