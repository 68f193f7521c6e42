// `parley channel ping`: sends one test event to the callback of a channel, now, and says what came back.

import { systemClock } from '../base/clock.ts';
import { newUniqueName } from '../base/random.ts';
import { ownUserAgent } from '../base/release.ts';
import { isSecretTrouble, openSecretBox } from '../base/seal.ts';
import { isoTime } from '../core/outbound.ts';
import { eventRequest } from '../outgoing/event-request.ts';
import type { OutgoingAnswer } from '../outgoing/http-client.ts';
import type { CallbackRow } from '../store/delivery-callbacks.ts';
import { findCallback } from '../store/event-admin.ts';
import { defaultName } from '../store/first-start.ts';
import { secretPlaces } from '../store/sealed-values.ts';
import { adviceFor, isDelivered } from './callback-advice.ts';
import { HOW_TO_ENABLE } from './callback-state.ts';
import { type Command, type CommandCall, CommandFailed } from './command.ts';
import { onOneLine } from './events-show.ts';
import { channelOrFail, workspaceOrFail } from './find-or-fail.ts';
import { textOption } from './read-options.ts';
import { settingsOrFail } from './settings.ts';
import { withStore } from './with-database.ts';

export const channelPing: Command = {
  name: 'channel ping',
  about: 'Send a test event to the callback of a channel, and show what it answers.',
  details:
    'One signed POST of a `ping`, from this machine. It is in no log, is not repeated, and changes nothing.',
  arguments: [{ name: 'name', about: 'The channel.' }],
  options: {
    workspace: { type: 'string', placeholder: 'name', about: 'Workspace; "default" if not given.' },
  },
  examples: ['parley channel ping mobile-app'],
  run: ping,
};

async function ping(call: CommandCall): Promise<number> {
  const channelName = call.positionals[0]!;
  const workspaceName = textOption(call, 'workspace') ?? defaultName;
  const callback = await withStore('channel ping', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    const channel = await channelOrFail(pool, workspace, channelName);
    return findCallback(pool, workspace.id, channel.id);
  });
  if (callback === null) {
    throw new CommandFailed(
      `the channel "${channelName}" has no callback URL: set one in a file for \`parley apply\`.`,
    );
  }
  const nowMs = systemClock();
  const id = newUniqueName();
  // Loaded only when something is sent: the other commands start sooner without it.
  const { OutgoingHttp } = await import('../outgoing/http-client.ts');
  const http = new OutgoingHttp({ clock: systemClock, proxy: settingsOrFail() });
  const answer = await http.send(
    eventRequest(
      { ...callback, ...openSecrets(callback) },
      {
        id,
        name: 'ping',
        body: pingBody(callback, channelName, id, nowMs),
        userAgent: ownUserAgent(),
        nowMs,
      },
    ),
  );
  await http.close();
  show(call, callback, answer);
  return isDelivered(answer) ? 0 : 1;
}

function pingBody(
  { format, workspaceId }: CallbackRow,
  channel: string,
  id: string,
  nowMs: number,
): string {
  const seconds = Math.floor(nowMs / 1000);
  return JSON.stringify(
    format === 'parley'
      ? {
          event_id: id,
          event_name: 'ping',
          workspace_id: String(workspaceId),
          channel,
          sequence: null,
          created_at_ms: isoTime(nowMs),
        }
      : {
          type: 'notification_event',
          id: `notif_${id}`,
          topic: 'ping',
          app_id: String(workspaceId),
          created_at: seconds,
          delivery_attempts: 1,
          first_sent_at: seconds,
          data: {
            type: 'notification_event_data',
            item: { type: 'ping', message: `A test of channel "${channel}".` },
          },
        },
  );
}

function openSecrets({
  workspaceId,
  channelId,
  secretSealed,
  previousSecretSealed,
  tokenSealed,
  tokenHeader,
}: CallbackRow) {
  const place = secretPlaces.secret(workspaceId, channelId);
  try {
    const box = openSecretBox(settingsOrFail());
    const token =
      tokenSealed === null
        ? null
        : box.open(tokenSealed, secretPlaces.token(workspaceId, channelId));
    const previous =
      previousSecretSealed === null ? undefined : box.open(previousSecretSealed, place);
    return {
      secrets: [box.open(secretSealed, place), previous] as const,
      tokenHeader: asHeader(tokenHeader, token),
    };
  } catch (error) {
    throw isSecretTrouble(error) ? new CommandFailed(error.message) : error;
  }
}

/** Without a name of its own the token is a bearer token. */
function asHeader(name: string | null, token: string | null): readonly [string, string] | null {
  if (token === null) return null;
  return name === null ? ['Authorization', `Bearer ${token}`] : [name, token];
}

function show(
  call: CommandCall,
  { url, disabledReason }: { readonly url: string; readonly disabledReason: string | null },
  answer: OutgoingAnswer,
): void {
  const advice = adviceFor(answer);
  const said = answer.kind === 'answered' ? answer.body : answer.detail;
  if (call.isJson) {
    const shown = {
      ok: advice === null,
      url,
      status: answer.kind === 'answered' ? answer.status : null,
      reason: answer.kind === 'failed' ? answer.reason : null,
      latency_ms: answer.latencyMs,
      answer: said,
      disabled: disabledReason,
      advice,
    };
    call.print(JSON.stringify(shown));
    return;
  }
  const status = answer.kind === 'answered' ? `status ${answer.status}` : 'no answer';
  const lines = [`POST ${url}: ${status} after ${answer.latencyMs} ms`];
  if (said !== '') lines.push(`  ${onOneLine(said, 300)}`);
  if (advice !== null) lines.push(advice);
  if (disabledReason !== null) {
    lines.push(
      `Events are not sent there now: the callback is disabled (${disabledReason}). ${HOW_TO_ENABLE}`,
    );
  }
  call.print(lines.join('\n'));
}
